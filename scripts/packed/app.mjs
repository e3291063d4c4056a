// An Express app as its users write it: an ES module.
import { createServer } from 'node:http';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { createGate } from '@stepgate/express';
import express from 'express';
import { listen, oneApproval } from './one-approval.mjs';

await oneApproval({
  createEmulator,
  createAuth0MfaApi,
  createAuth0SignIn,
  serve(route, options) {
    const app = express();
    const gate = createGate(options);
    app.use(gate);
    app.post(route, gate.require({ maxAge: '5m' }), (req, res) => {
      res.json({ factor: req.stepUp.approval.factor });
    });
    return listen(createServer(app));
  },
});
