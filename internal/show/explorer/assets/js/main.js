import { App } from './app.js';
import { HTTPBackend } from './http.js';

new App(new HTTPBackend()).start();
