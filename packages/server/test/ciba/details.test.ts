import { describe, expect, it } from 'vitest';
import { type Action, auth0ApprovalDetails, type CibaSettings, type Policy } from '../../src/index.ts';
import { createCibaScene } from '../support/ciba-scene.ts';

const API = 'https://api.bank.example/';
const ciba: CibaSettings = { details: auth0ApprovalDetails({ name: 'step-up' }) };

const transferOf = (action: Partial<Action> = {}): Policy => ({
  action: { id: 'transfer-1', title: 'Transfer 250 EUR to Grace', details: 'IBAN DE02 1234', ...action },
  phoneShows: 'details',
});

/** What the phone shows of the newest push, and its code. */
function openPhone(scene: ReturnType<typeof createCibaScene>) {
  const details = scene.phone.notifications().at(-1)?.details;
  const [first] = details as { readonly properties: { readonly code: { readonly value: string } } }[];
  return { details, code: first?.properties.code.value ?? '' };
}

describe('authorization_details in the schema of the Guardian app', () => {
  it('are on the phone, and are approved by code and tap', async () => {
    const scene = createCibaScene({ ciba, policy: transferOf() });
    const { client, phone, later, shown } = scene;

    const started = await client.start();

    const { details, code } = openPhone(scene);
    expect(started).toMatchObject({ state: 'polling', pushCode: { shown: 'details' } });
    expect(code).toBe(shown().code);
    expect(details).toEqual([
      {
        type: 'urn:auth0:schemas:authorization-details:v1:step-up',
        instruction: 'Transfer 250 EUR to Grace',
        properties: {
          code: { display: true, name: 'Code', display_order: 1, value: code },
          details: { display: true, name: 'Details', display_order: 2, value: 'IBAN DE02 1234' },
          action: { display: false, name: 'Action', display_order: 3, value: 'transfer-1' },
        },
      },
    ]);
    await client.event({ type: 'code.submit', code });
    phone.approve();
    expect(await later()).toMatchObject({ state: 'approved' });
    expect(await client.isAllowed()).toBe(true);
  });

  it('go to the API that the settings name', async () => {
    const scene = createCibaScene({ ciba: { ...ciba, audience: API }, policy: transferOf() });
    scene.tenant.emulator.addApi({ audience: API, authorizationDetailsTypes: ['other'] });

    expect(await scene.client.start()).toMatchObject({ state: 'failed', reason: 'provider_misconfigured' });
    expect(scene.phone.notifications()).toEqual([]);
  });

  it.each([
    [
      'other details',
      (details: unknown[]) => details.map((one) => ({ ...(one as object), instruction: 'Pay 1 EUR' })),
    ],
    ['none', () => []],
    ['no list of them', () => undefined],
  ])('approve nothing when the provider says that %s were approved', async (_, change) => {
    const scene = createCibaScene({
      ciba,
      policy: transferOf(),
      replaceApproval: (body) => ({
        ...body,
        authorization_details: change(body.authorization_details as unknown[]),
      }),
    });
    const { client, phone, later } = scene;
    await client.start();
    await client.event({ type: 'code.submit', code: openPhone(scene).code });
    phone.approve();

    expect(await later()).toMatchObject({ state: 'failed', reason: 'approval_mismatch' });
    expect(await client.isAllowed()).toBe(false);
    expect(scene.events).toContainEqual(
      expect.objectContaining({ type: 'flow.ended', reason: 'approval_mismatch' }),
    );
  });

  it('take the members in another order, as text, and with more of them', async () => {
    const scene = createCibaScene({
      ciba,
      policy: transferOf(),
      replaceApproval: (body) => {
        const [one] = body.authorization_details as Record<string, unknown>[];
        const reordered = Object.fromEntries(Object.entries({ ...one, added: 1 }).toReversed());
        return { ...body, authorization_details: JSON.stringify([reordered]) };
      },
    });
    const { client, phone, later } = scene;
    await client.start();
    await client.event({ type: 'code.submit', code: openPhone(scene).code });
    phone.approve();
    expect(await later()).toMatchObject({ state: 'approved' });
  });

  it('are not sent when a value does not fit whole: the phone does not ring', async () => {
    const scene = createCibaScene({ ciba, policy: transferOf({ details: 'x'.repeat(256) }) });

    const started = await scene.client.start();

    expect(started).toMatchObject({ state: 'failed', reason: 'factor_unavailable' });
    expect(scene.phone.notifications()).toEqual([]);
    expect(String(scene.errors)).toContain("the action's details has 256 characters");
  });
});

it.each(['', 'a b', 'urn:x'])('refuses %j as the name of a type', (name) => {
  expect(() => auth0ApprovalDetails({ name })).toThrow(/^auth0ApprovalDetails: name is/);
});
