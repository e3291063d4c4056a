// The app on Hono as one Durable Object, and a Worker that hands everything to it. What one request waits for can only be
// finished by another in the same object.
import { DurableObject } from 'cloudflare:workers';
import { honoApp } from './hono.mjs';
import { optionsWith } from './options.mjs';

export class Bank extends DurableObject {
  #app;

  async fetch(request) {
    // At the first request: the Workers runtime has no random values before it.
    this.#app ??= optionsWith('memory').then(honoApp);
    return (await this.#app).fetch(request);
  }
}

export default {
  fetch: (request, { BANK }) => BANK.get(BANK.idFromName('bank')).fetch(request),
};
