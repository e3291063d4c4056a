import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { openStore, openTenant, publicFolder } from 'example-bank-ui';
import session from 'express-session';
import { createBank } from '#bank';

const tenant = await openTenant(process.env, { port: 3004 });
const { settings } = tenant;
const store = await openStore(settings.store);

const app = await NestFactory.create<NestExpressApplication>(createBank({ settings, store }), {
  logger: ['error', 'warn', 'fatal'],
});
// A real app keeps its secrets in its configuration.
app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false }));
app.useStaticAssets(publicFolder, { prefix: '/public/' });
await app.listen(settings.port, '127.0.0.1');
console.log(`bank: ${await app.getUrl()}/`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // Closes the gate, and with it the event streams, before the server.
    void app.close().then(async () => {
      store?.close();
      await tenant.close();
    });
  });
}
