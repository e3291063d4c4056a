// The Express bank, with its traces on the screen and its metrics on a page for Prometheus, until Ctrl-C.
import { randomBytes } from 'node:crypto';
import { context, metrics, trace } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { createEmulator } from '@stepgate/emulator';
import { readSettings, serveBank } from 'example-bank-ui';
import { createBank } from 'example-express-bank';
import express from 'express';
import { contextManager } from './context.ts';
import { measureGates } from './metrics.ts';
import { createTreePrinter } from './span-tree.ts';
import { traceGates, traceRequests } from './spans.ts';

const { METRICS_PORT = '9464', EMULATOR_PORT = '4400', SPANS_FROM_MS = '0.5', AUTH0_ISSUER } = process.env;

function endOnTaken(name: string, port: string): never {
  console.error(
    `Port ${port} cannot be listened on: end what listens there, or choose another one with ${name}.`,
  );
  process.exit(1);
}

const exporter = new PrometheusExporter(
  { host: '127.0.0.1', port: Number(METRICS_PORT), withoutScopeInfo: true, withoutTargetInfo: true },
  (error) => {
    if (error) endOnTaken('METRICS_PORT', METRICS_PORT);
    console.log(`metrics: http://127.0.0.1:${METRICS_PORT}/metrics`);
  },
);
const printer = createTreePrinter({ fromMs: Number(SPANS_FROM_MS), print: (text) => console.log(text) });
context.setGlobalContextManager(contextManager);
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [printer] }));
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

const tracer = trace.getTracer('stepgate');
traceGates(tracer);
measureGates(metrics.getMeter('stepgate'));

const tenant =
  AUTH0_ISSUER === undefined
    ? await createEmulator()
        .listen({ port: Number(EMULATOR_PORT) })
        .catch(() => endOnTaken('EMULATOR_PORT', EMULATOR_PORT))
    : undefined;
const demo = tenant && { AUTH0_ISSUER: tenant.url, DEMO_PHONE_URL: `${tenant.phoneUrl}?user=ada` };
const settings = readSettings({ ...process.env, ...demo }, { port: 3000 });
if (settings.phoneUrl !== undefined) console.log(`phone: ${settings.phoneUrl}`);

const { app, gate } = createBank({ settings, secret: randomBytes(32).toString('hex') });
const traced = express();
traced.use(traceRequests(tracer), app);
serveBank(traced, {
  port: settings.port,
  gate,
  stopped() {
    void exporter.shutdown();
    void tenant?.close();
  },
});
