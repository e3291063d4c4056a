import type { AuthorizationDetail } from '../oauth/authorization-details.ts';
import type { ApprovalRequest } from '../provider/way.ts';
import { StepUpError } from '../terms/step-up-error.ts';

/** Options of {@link auth0ApprovalDetails}. */
export interface Auth0ApprovalDetailsOptions {
  /** The name of the type, which has to be registered at the API: `step-up` is `…:authorization-details:v1:step-up`. */
  readonly name: string;
  /** What the phone calls the values. Default: in English. */
  readonly labels?: { readonly code?: string; readonly details?: string };
}

const TYPE_PREFIX = 'urn:auth0:schemas:authorization-details:v1:';
/** What Auth0 takes as a value, in characters. */
const LONGEST_VALUE = 255;

/**
 * The `authorization_details` for an approval in the schema that Auth0's own Guardian app shows: one object, with the
 * action's title as the instruction, and the push code and the action's details as values. It goes into `ciba.details`.
 * The API needs the type registered, `ciba.audience` names the API, and its consent policy must be `standard`.
 *
 * What does not fit whole is not sent: the way fails as `factor_unavailable`, and the next way goes on.
 *
 * @throws TypeError when the name is no name of a type.
 * @see https://auth0.com/docs/get-started/apis/configure-rich-authorization-requests
 *
 * @example
 * auth0({ ..., ciba: { audience: 'https://api.example/', details: auth0ApprovalDetails({ name: 'step-up' }) } })
 */
export function auth0ApprovalDetails({
  name,
  labels: { code: codeLabel = 'Code', details: detailsLabel = 'Details' } = {},
}: Auth0ApprovalDetailsOptions): (approval: ApprovalRequest) => readonly AuthorizationDetail[] {
  if (!/^[a-zA-Z0-9_.-]{1,200}$/.test(name)) {
    throw new TypeError(
      `auth0ApprovalDetails: name is ${JSON.stringify(name)}, and must be letters, digits, "_", "." or "-", as registered at the API.`,
    );
  }
  return ({ code, action }) => [
    {
      type: `${TYPE_PREFIX}${name}`,
      instruction: whole('title', action?.title ?? action?.id ?? code),
      properties: {
        code: { display: true, name: codeLabel, display_order: 1, value: code },
        ...(action?.details && {
          details: {
            display: true,
            name: detailsLabel,
            display_order: 2,
            value: whole('details', action.details),
          },
        }),
        ...(action && {
          action: { display: false, name: 'Action', display_order: 3, value: whole('id', action.id) },
        }),
      },
    },
  ];
}

/** A value that was cut would show another action. */
function whole(member: 'details' | 'id' | 'title', value: string): string {
  if (value.length <= LONGEST_VALUE) return value;
  throw new StepUpError(
    'factor_unavailable',
    `the action's ${member} has ${value.length} characters, and Auth0 takes ${LONGEST_VALUE} in authorization_details: make it shorter`,
  );
}
