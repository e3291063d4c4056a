// An Express app as users write it: an ES module with its records in a file.
import { createServer } from 'node:http';
import { createAuth0MfaApi, createAuth0SignIn } from '@stepgate/core';
import { createEmulator } from '@stepgate/emulator';
import { auth0, createGate } from '@stepgate/express';
import { createSqliteStore } from '@stepgate/sqlite';
import express from 'express';
import { listen, oneApproval } from './one-approval.mjs';

const store = createSqliteStore({ path: `stepgate-${process.pid}.db` });

await oneApproval({
  createEmulator,
  createAuth0MfaApi,
  createAuth0SignIn,
  auth0,
  serve(route, options) {
    const app = express();
    const gate = createGate({ ...options, store });
    app.use(gate);
    app.post(route, gate.require({ maxAge: '5m' }), (req, res) => {
      res.json({ factor: req.stepUp.approval.factor });
    });
    return listen(createServer(app));
  },
});
store.close();
