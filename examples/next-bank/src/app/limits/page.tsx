import { stepgate } from '../../bank/stepgate.ts';

/** A guarded page: without an approval the user is sent to the step-up, and comes back here. */
export default async function Limits() {
  const stepUp = await stepgate.page({ maxAge: '5m' }, '/limits');
  return (
    <>
      <h1>Your limits</h1>
      <p>5,000 EUR a day. Shown after an approval by {stepUp?.approval.factor}.</p>
    </>
  );
}
