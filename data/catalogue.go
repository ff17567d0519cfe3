package data

import "strings"

// Entry describes a data set that can be downloaded.
type Entry struct {
	// Name is what users type.
	Name string `json:"name"`
	// Title says what the images show.
	Title string `json:"title"`
	// Licence is one line; Home the page of the set's authors.
	Licence string `json:"licence"`
	Home    string `json:"home"`
	// Format is that of the files: FormatIDX, or the name of another one that package
	// source reads.
	Format string `json:"format"`
	// Layout is the directory torchvision keeps the set in, below its root.
	Layout string `json:"-"`
	// Mirrors are the URLs under which the files lie, ending in a slash, best first.
	Mirrors []string `json:"mirrors"`
	// Train, Validation and Test are the numbers of images, Shape what each of them is.
	Train      int `json:"train"`
	Validation int `json:"validation,omitempty"`
	Test       int `json:"test"`
	Shape
	// Classes names the classes by label, where numbers do not say what they are.
	Classes []string `json:"classes,omitempty"`
	// Files of MNIST's format are in the order of the roles: training images, training
	// labels, test images, test labels.
	Files []File `json:"files"`
}

// FormatIDX is MNIST's format: four files for images and labels of training and test
// images.
const FormatIDX = "idx"

// isIDX reports whether the set has MNIST's four files.
func (e *Entry) isIDX() bool { return e.Format == FormatIDX && len(e.Files) == int(roleCount) }

// File is one file of an Entry.
type File struct {
	// Name of the archive below a mirror's URL, and in the cache.
	Name string `json:"name"`
	// Size of the archive in bytes.
	Size int64 `json:"size"`
	// SHA256 of the archive, in hex.
	SHA256 string `json:"sha256"`
	// ContentSHA256 is the hash of the IDX content, in hex, or "" when it is not known.
	// When it is known it decides, and an archive compressed anew is as good as the
	// original; otherwise the archive's own hash decides.
	ContentSHA256 string `json:"content_sha256,omitempty"`
}

// Size is the number of bytes to download.
func (e *Entry) Size() int64 {
	var sum int64
	for _, f := range e.Files {
		sum += f.Size
	}
	return sum
}

// Catalogue lists the data sets that can be downloaded.
//
// Sizes and hashes of MNIST's archives and content were computed from the files.
// Those of the other files are the ones that TensorFlow Datasets verifies
// (tensorflow_datasets/url_checksums), for CIFAR-10 also torch's and GoMLX's
// downloaders; content hashes are given where they were computed from files with these
// archive hashes.
func Catalogue() []Entry {
	return []Entry{mnist(), fashionMNIST(), kmnist(), cifar10(), binarizedMNIST()}
}

func mnist() Entry {
	return Entry{
		Name:    "mnist",
		Title:   "MNIST handwritten digits",
		Licence: "Y. LeCun, C. Cortes, C. Burges; commonly given as CC BY-SA 3.0",
		Home:    "https://yann.lecun.com/exdb/mnist/",
		Format:  FormatIDX,
		Layout:  "MNIST/raw",
		Mirrors: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		},
		Train: 60000, Test: 10000, Shape: Shape{Height: 28, Width: 28, Channels: 1},
		Files: []File{
			{
				Name:          "train-images-idx3-ubyte.gz",
				Size:          9912422,
				SHA256:        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
				ContentSHA256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
			},
			{
				Name:          "train-labels-idx1-ubyte.gz",
				Size:          28881,
				SHA256:        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
				ContentSHA256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
			},
			{
				Name:          "t10k-images-idx3-ubyte.gz",
				Size:          1648877,
				SHA256:        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
				ContentSHA256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
			},
			{
				Name:          "t10k-labels-idx1-ubyte.gz",
				Size:          4542,
				SHA256:        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
				ContentSHA256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
			},
		},
	}
}

func fashionMNIST() Entry {
	return Entry{
		Name:    "fashion-mnist",
		Title:   "Fashion-MNIST, pictures of clothes in ten classes",
		Licence: "MIT, (c) 2017 Zalando SE",
		Home:    "https://github.com/zalandoresearch/fashion-mnist",
		Classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
		Format:  FormatIDX,
		Layout:  "FashionMNIST/raw",
		Mirrors: []string{
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		},
		Train: 60000, Test: 10000, Shape: Shape{Height: 28, Width: 28, Channels: 1},
		Files: []File{
			{
				Name:   "train-images-idx3-ubyte.gz",
				Size:   26421880,
				SHA256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
			},
			{
				Name:          "train-labels-idx1-ubyte.gz",
				Size:          29515,
				SHA256:        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
				ContentSHA256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
			},
			{
				Name:   "t10k-images-idx3-ubyte.gz",
				Size:   4422102,
				SHA256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
			},
			{
				Name:          "t10k-labels-idx1-ubyte.gz",
				Size:          5148,
				SHA256:        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
				ContentSHA256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
			},
		},
	}
}

func kmnist() Entry {
	return Entry{
		Name:    "kmnist",
		Title:   "Kuzushiji-MNIST, cursive Japanese characters in ten classes",
		Licence: "CC BY-SA 4.0, KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (created by NIJL and others), doi:10.20676/00000341",
		Home:    "http://codh.rois.ac.jp/kmnist/",
		Classes: []string{"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"},
		Format:  FormatIDX,
		Layout:  "KMNIST/raw",
		Mirrors: []string{
			"https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
			"http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
		},
		Train: 60000, Test: 10000, Shape: Shape{Height: 28, Width: 28, Channels: 1},
		Files: []File{
			{
				Name:   "train-images-idx3-ubyte.gz",
				Size:   18165135,
				SHA256: "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
			},
			{
				Name:   "train-labels-idx1-ubyte.gz",
				Size:   29497,
				SHA256: "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
			},
			{
				Name:   "t10k-images-idx3-ubyte.gz",
				Size:   3041136,
				SHA256: "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
			},
			{
				Name:   "t10k-labels-idx1-ubyte.gz",
				Size:   5120,
				SHA256: "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
			},
		},
	}
}

func cifar10() Entry {
	return Entry{
		Name:    "cifar-10",
		Title:   "CIFAR-10, small colour photographs in ten classes",
		Licence: "none stated; cite A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
		Home:    "https://www.cs.toronto.edu/~kriz/cifar.html",
		Format:  "cifar",
		Layout:  "cifar-10",
		Mirrors: []string{
			"https://www.cs.toronto.edu/~kriz/",
			"https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
		},
		Train: 50000, Test: 10000, Shape: Shape{Height: 32, Width: 32, Channels: 3},
		Classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
		Files: []File{{
			Name:   "cifar-10-binary.tar.gz",
			Size:   170052171,
			SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
		}},
	}
}

func binarizedMNIST() Entry {
	return Entry{
		Name:    "binarized-mnist",
		Title:   "MNIST, binarised once and for all (Salakhutdinov and Murray 2008; Larochelle and Murray 2011), without labels",
		Licence: "as MNIST",
		Home:    "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
		Format:  "table",
		Layout:  "binarized_mnist",
		Mirrors: []string{
			"https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
			"http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
		},
		Train: 50000, Validation: 10000, Test: 10000, Shape: Shape{Height: 28, Width: 28, Channels: 1},
		Files: []File{
			{
				Name:   "binarized_mnist_train.amat",
				Size:   78400000,
				SHA256: "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
			},
			{
				Name:   "binarized_mnist_valid.amat",
				Size:   15680000,
				SHA256: "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
			},
			{
				Name:   "binarized_mnist_test.amat",
				Size:   15680000,
				SHA256: "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
			},
		},
	}
}

// find is the entry of this name, in whatever case it is typed.
func find(entries []Entry, name string) (Entry, bool) {
	for _, e := range entries {
		if strings.EqualFold(e.Name, name) {
			return e, true
		}
	}
	return Entry{}, false
}
