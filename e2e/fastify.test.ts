import { it } from 'vitest';
import { playBankStory } from './support/play-bank-story.ts';

it('adds a phone and approves on it at the Fastify bank, which stops at once with the page open', () =>
  playBankStory('fastify', 300));
