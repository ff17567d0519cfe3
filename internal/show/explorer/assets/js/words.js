// What the page's numbers and terms mean, in a sentence each.

const words = {
  loss: 'What training minimises, the negative of a lower bound on log p(x), as a mean over images: lower is better. A nat is 1.44 bits.',
  bits: 'The loss in bits for each value of an image, the length of a code for it: 8 where nothing is known of 256 levels.',
  reconstruction: 'How many nats it takes to describe the pixels of an image when its z is known: −log p(x|z), summed over pixels.',
  KL: 'How many nats an image’s z says about the image: the divergence of the encoder’s q(z|x) from the prior, summed over latents.',
  active: 'Latents whose posterior mean varies over the images by more than a hundredth of the prior’s variance; the others say nothing.',
  trained: 'Time spent training, all sessions together.',
  klOfLatent: 'How many nats this latent says about an image, on average; near 0 it says nothing and the decoder ignores it.',
  activity: 'How much the latent’s posterior mean varies over the images; 1 is as much as the prior varies.',
  KS: 'Kolmogorov–Smirnov: the largest distance between the distribution function of z over the test images and the prior’s; 0 where they agree, at most 1.',
  mean: 'The mean of z over the test images, one draw from the posterior for each, in the prior’s own units.',
  std: 'The standard deviation of z over the test images, one draw for each.',
  priorMoments: 'The mean and the standard deviation of the prior itself.',
  posterior: 'The encoder’s q(z|x): its mean μ and its standard deviation σ, in the prior’s own units.',
  klOfImage: 'How many nats this image’s z says about it, by latent; a large number marks an image unlike most.',
  distance: 'Root of the mean squared difference between the pixels, from 0 (equal) to 1.',
  chance: 'How likely the label is for this image, by Bayes’ rule with the ELBO for log p(x|label) and all labels equally likely before.',
  negELBO: 'The image’s own loss: reconstruction plus KL in nats, for one draw of z. A high value marks an image that the model finds unlikely.',
  variance: 'How much of the variance of the posterior means lies along this principal component.',
  epoch: 'One epoch is one pass over the training images.',
  trainLoss: 'The mean loss over the batches of the epoch, while the weights were still changing.',
  seed: 'The number that the random draws start from: the same seed gives the same z again.',
};

export function explanation(key) {
  const text = words[key];
  if (!text) throw new Error(`no explanation of ${key}`);
  return text;
}
