import type { EnrollableFactor, StepUpRequest, StepUpRequestType } from '@stepgate/core';
import { ADDRESSED_FACTORS } from '@stepgate/core/ui';

/** What the user can open besides the flow's own screen: nothing, the list of ways, or the form for a new factor. */
export const DETAILS = ['none', 'ways', ...ADDRESSED_FACTORS] as const;

/** One of {@link DETAILS}. */
export type Detail = (typeof DETAILS)[number];

/** How the user can leave a flow besides its own requests. Where it is shown decides which of these exist. */
export type Exit = 'cancel' | 'goBack' | 'restart' | 'takeOver';

/** The members of requests that the user types, which are also the names of the inputs. */
export const TYPED_MEMBERS = ['password', 'code', 'phoneNumber', 'email'] as const;

/** One of {@link TYPED_MEMBERS}. */
export type TypedMember = (typeof TYPED_MEMBERS)[number];

/** A request without the member that the user still has to type. */
export interface UnfinishedRequest {
  readonly type: StepUpRequestType;
  readonly factor?: EnrollableFactor;
}

/** What a control does, as data: a script does it in place, and a page without script uses a form. */
export type ControlAction =
  | { readonly send: StepUpRequest }
  | { readonly send: UnfinishedRequest; readonly typed: TypedMember }
  | { readonly show: Detail }
  | { readonly copy: string }
  | { readonly leave: Exit };

const SEPARATORS = String.raw`[\s\(\)\.\-]*`;

/** What an input for a phone number accepts: E.164, with the separators that {@link tidy} removes. */
export const PHONE_PATTERN = String.raw`${SEPARATORS}\+${SEPARATORS}[1-9](${SEPARATORS}\d){7,14}${SEPARATORS}`;

/** What was typed, without separators. A password stays as it is. */
export function tidy(member: TypedMember, value: string): string {
  switch (member) {
    case 'password':
      return value;
    case 'code':
      return value.replace(/[\s-]/g, '');
    case 'phoneNumber':
      return value.replace(/[\s().-]/g, '');
    case 'email':
      return value.trim();
  }
}
