import { StepUpError } from '@stepgate/core';
import * as v from 'valibot';
import { digest, type Sealer } from '../lib/seal.ts';
import type { Login } from '../request/caller.ts';

/** The flow that a link leads to. It belongs to the login that has asked for the link. */
export interface LinkedFlow {
  /** The key of that login's record. */
  readonly key: string;
  /** That login's session, as records know it. */
  readonly session: string;
  /** Names the link, at random. */
  readonly id: string;
}

/** A link, and the browser that opens it. */
export interface OpenedLink extends Pick<LinkedFlow, 'id' | 'session'> {
  /** The key of the record that the browser owns itself. */
  readonly by: string;
}

/** Seals what a link's address tells, so that nobody but its subject can read it, and at this application alone. */
export interface Links {
  /** The last part of the link's address. */
  seal(subject: string, flow: LinkedFlow): string;
  /** @throws StepUpError `requirement_invalid` (400). */
  open(caller: Pick<Login, 'subject'>, text: string): LinkedFlow;
}

const LinkSchema = v.object({ key: v.string(), session: v.string(), id: v.string() });

/** Makes the links. `namespace` names the tenant and the application. */
export function createLinks(sealer: Sealer, namespace: string): Links {
  const purposeOf = (subject: string): string => `link:${digest(`${namespace}${subject}`)}`;
  return {
    seal: (subject, { key, session, id }) => sealer.seal({ key, session, id }, purposeOf(subject)),
    open({ subject }, text) {
      const link = v.safeParse(LinkSchema, sealer.open(text, purposeOf(subject)));
      if (link.success) return link.output;
      throw linkInvalid();
    },
  };
}

/** The error for a link that leads nowhere, or not for this user or browser. */
export function linkInvalid(): StepUpError {
  return new StepUpError(
    'requirement_invalid',
    'This link is not for this user, was opened in another browser, or leads nowhere any more. Ask for a new one.',
  );
}
