// One app, in the runtime that runs this: `app.mjs <app> <store> <place of the store>`. Its users sign in as the user of
// the environment's USER_JSON, and it has two guarded routes: `/transfers`, and `/orders`, which keeps a refused form.
// Prints its address.
import { optionsWith } from './options.mjs';

const [, , name, store, place] = process.argv;

const onExpress = (login) => async (options) => {
  const express = await import('./express.mjs');
  return express.expressApp(express[login], options);
};
const onHono = async (options) => {
  const [{ honoApp }, { onFetch }] = await Promise.all([import('./hono.mjs'), import('./listen.mjs')]);
  return onFetch(honoApp(options).fetch);
};
const on = (host) => async (options) => (await import('./hosts.mjs'))[host](options);

const APPS = {
  express: onExpress('withSession'),
  passport: onExpress('withPassport'),
  'better-auth': onExpress('withBetterAuth'),
  'auth-js': onExpress('withAuthJs'),
  'openid-connect': onExpress('withOpenidConnect'),
  bearer: onExpress('withBearer'),
  koa: on('koaApp'),
  fastify: on('fastifyApp'),
  hono: onHono,
  nest: on('nestOnExpress'),
  'nest-fastify': on('nestOnFastify'),
  next: on('nextApp'),
};

console.log(`app: ${await APPS[name](await optionsWith(store, place))}`);
