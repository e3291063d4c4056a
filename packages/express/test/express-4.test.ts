import compression from 'compression';
import type express from 'express';
import express4 from 'express-4';
import helmet from 'helmet';
import { describeAdapter } from 'suites/adapters/describe-adapter.ts';
import { expressHost } from './support/express-host.ts';

// What many an app has in front, and what has broken others: headers of its own, and answers kept back to be packed.
describeAdapter(
  'Express 4 behind helmet and compression',
  expressHost(express4 as unknown as typeof express, helmet(), compression()),
);
