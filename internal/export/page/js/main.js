// The page with its models inside.

import { App } from '../../../show/explorer/assets/js/app.js';
import { open } from './archive.js';
import { LocalBackend } from './local.js';

const holder = document.getElementById('archive');
open(holder.textContent.trim()).then((archive) => {
  holder.remove();
  new App(new LocalBackend(archive), { title: archive.header.title }).start();
}).catch((trouble) => {
  document.getElementById('main').prepend(`This page cannot be shown: ${trouble.message}. It wants a browser of 2023 or later.`);
  throw trouble;
});
