import { FACTORS, StepUpError } from '@stepgate/core';
import * as v from 'valibot';
import { digest, type Sealer } from '../lib/seal.ts';
import type { Login } from '../request/caller.ts';
import type { Unkept } from '../request/form-body.ts';
import type { ParsedPolicy } from './policy.ts';

/** One refused request's policy, made portable. Bound to the user and session that were refused. */
export interface Requirement {
  readonly policy: ParsedPolicy;
  /** Where the browser goes after the approval: a path on this origin. */
  readonly returnTo?: string;
  /** Where the browser goes if the user does not approve: a path on this origin. */
  readonly leaveTo?: string;
  /** The name of the form that waits for the approval; see `KeptForms`. */
  readonly form?: string;
  /** Why a form was not kept, so that the user has to send it again. */
  readonly unkept?: Unkept;
  /** When the request was refused, in milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Issues and reads the sealed tickets that a flow is started with. */
export interface Requirements {
  issue(caller: Login, requirement: Omit<Requirement, 'issuedAt' | 'expiresAt'>): string;
  /** The ticket of a requirement that was issued before, with its own times. */
  reissue(caller: Login, requirement: Requirement): string;
  /** @throws StepUpError `requirement_invalid` or `requirement_expired`, both 400. */
  open(caller: Login, ticket: string): Requirement;
  /**
   * The same, to see what the ticket is about: it may have expired.
   *
   * @throws StepUpError `requirement_invalid` (400).
   */
  read(caller: Login, ticket: string): Requirement;
}

const TicketSchema = v.object({
  subject: v.string(),
  session: v.string(),
  requirement: v.object({
    policy: v.object({
      maxAgeSeconds: v.number(),
      factors: v.array(v.picklist(FACTORS)),
      singleUse: v.boolean(),
      action: v.exactOptional(
        v.object({
          id: v.string(),
          title: v.exactOptional(v.string()),
          details: v.exactOptional(v.string()),
          bound: v.exactOptional(v.string()),
        }),
      ),
      allowEnrolledInFlow: v.boolean(),
      minAuthenticatorAgeSeconds: v.number(),
      phoneShows: v.exactOptional(v.picklist(['message', 'details'])),
      allowOtherLogin: v.boolean(),
      keepTokens: v.boolean(),
      opensMfaApi: v.boolean(),
    }),
    returnTo: v.exactOptional(v.string()),
    leaveTo: v.exactOptional(v.string()),
    form: v.exactOptional(v.string()),
    unkept: v.exactOptional(v.picklist(['file', 'size'])),
    issuedAt: v.number(),
    expiresAt: v.number(),
  }),
});

const purposeOf = (session: string): string => `requirement:${session}`;

/** How long a refusal can start a flow, by default. */
export const REQUIREMENT_TTL_MS = 600_000;

/** The longest ticket, in characters: it travels in an address, and servers and proxies limit the length of those. */
export const LONGEST_TICKET = 8_192;

/** Makes the issuer of tickets. `ttlMs`: how long a ticket can start a flow. */
export function createRequirements(options: {
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly ttlMs: number;
}): Requirements {
  const { sealer, now, ttlMs } = options;

  function read({ subject, session }: Login, text: string): Requirement {
    const ticket = v.safeParse(TicketSchema, sealer.open(text, purposeOf(session)));
    if (ticket.success && ticket.output.subject === subject && ticket.output.session === session) {
      return ticket.output.requirement;
    }
    throw new StepUpError(
      'requirement_invalid',
      'This requirement was not issued by this gate for this user and session. Call the guarded route again. If that does not help, the processes have different secrets, or `identify` gives a `sessionId` that changes.',
    );
  }

  const reissue = ({ subject, session }: Login, requirement: Requirement): string =>
    sealer.seal({ subject, session, requirement }, purposeOf(session));

  return {
    reissue,
    issue(caller, requirement) {
      const seal = (content: Omit<Requirement, 'issuedAt' | 'expiresAt'>): string =>
        reissue(caller, { ...content, issuedAt: now(), expiresAt: now() + ttlMs });
      const ticket = seal(requirement);
      if (ticket.length <= LONGEST_TICKET) return ticket;
      // Better to start without a way back than not at all.
      const bare = seal({ policy: requirement.policy });
      if (bare.length <= LONGEST_TICKET) return bare;
      throw new TypeError(`The requirement is longer than ${LONGEST_TICKET} characters. Shorten the action.`);
    },
    read,
    open(caller, text) {
      const requirement = read(caller, text);
      if (requirement.expiresAt > now()) return requirement;
      throw requirementExpired();
    },
  };
}

/** The error for a ticket that has expired. */
export function requirementExpired(): StepUpError {
  return new StepUpError('requirement_expired', 'This requirement is too old. Call the guarded route again.');
}

/** Names what must be approved. Two refusals of the same route and action have the same name. */
export function requirementHash({
  maxAgeSeconds,
  factors,
  singleUse,
  action,
  allowEnrolledInFlow,
  minAuthenticatorAgeSeconds,
  phoneShows,
  allowOtherLogin,
  keepTokens,
  opensMfaApi,
}: ParsedPolicy): string {
  const words = action && [action.id, action.title ?? null, action.details ?? null, action.bound ?? null];
  // The id says everything here. Its words depend on what was known at the time.
  const named = opensMfaApi ? [action?.id] : words;
  const rules = [
    maxAgeSeconds,
    factors,
    singleUse,
    allowEnrolledInFlow,
    minAuthenticatorAgeSeconds,
    phoneShows ?? null,
    allowOtherLogin,
    keepTokens,
    opensMfaApi,
  ];
  return digest(JSON.stringify([rules, named ?? null]));
}
