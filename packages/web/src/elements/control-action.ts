import type { EnrollableFactor, StepUpRequest, StepUpRequestType } from '@stepgate/core';
import { ADDRESSED_FACTORS } from '@stepgate/core/ui';

/** What the user can look at beside the flow itself: nothing, the list of ways, or the details of a new factor. */
export const DETAILS = ['none', 'ways', ...ADDRESSED_FACTORS] as const;

/** One of {@link DETAILS}. */
export type Detail = (typeof DETAILS)[number];

/** Ways out of a flow besides those that it takes itself; which there are depends on where it is shown. */
export type Exit = 'cancel' | 'goBack' | 'restart' | 'takeOver';

/** The members of requests that the user types, and so the names of inputs. */
export const TYPED_MEMBERS = ['password', 'code', 'phoneNumber', 'email'] as const;

/** One of {@link TYPED_MEMBERS}. */
export type TypedMember = (typeof TYPED_MEMBERS)[number];

/** A request that lacks what the user is about to type. */
export interface UnfinishedRequest {
  readonly type: StepUpRequestType;
  readonly factor?: EnrollableFactor;
}

/** What a control does, as data: a browser does it at once, a page without script has a form for it. */
export type ControlAction =
  | { readonly send: StepUpRequest }
  | { readonly send: UnfinishedRequest; readonly typed: TypedMember }
  | { readonly show: Detail }
  | { readonly copy: string }
  | { readonly leave: Exit };

const FOR_THE_EYE = String.raw`[\s\(\)\.\-]*`;

/** What an input for a phone number takes: E.164, and what {@link tidy} takes away. */
export const PHONE_PATTERN = String.raw`${FOR_THE_EYE}\+${FOR_THE_EYE}[1-9](${FOR_THE_EYE}\d){7,14}${FOR_THE_EYE}`;

/** What was typed, without what is there for the eye. A password is taken as it is. */
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
