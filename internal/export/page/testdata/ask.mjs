// Answers questions about a page's models: node ask.mjs PAGE < questions.json

import { readFileSync } from 'node:fs';
import { open } from '../js/archive.js';
import { LocalBackend } from '../js/local.js';

const page = readFileSync(process.argv[2], 'utf8');
const [, packed] = page.match(/<script type="text\/plain" id="archive">([^<]*)<\/script>/);
const backend = new LocalBackend(await open(packed));
const answers = [];
for (const { what, args } of JSON.parse(readFileSync(0, 'utf8'))) {
  const answer = await backend[what](...args).catch((trouble) => ({ trouble: trouble.message }));
  answers.push(JSON.parse(JSON.stringify(answer, (_, value) => (value instanceof Uint8Array ? [...value] : value))));
}
process.stdout.write(JSON.stringify(answers));
