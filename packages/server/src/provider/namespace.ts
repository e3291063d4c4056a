import { digest } from '../lib/seal.ts';
import type { Provider } from './provider.ts';

/** 132 bits: nobody finds two that are the same, and keys stay short. */
const NAMESPACE_LENGTH = 22;

/**
 * Names the provider and the application that a gate stands for. It is in every key of the store and in every session's
 * name, so that other gates, on the same store and with the same secret, share nothing with this one.
 */
export function namespaceOf({ issuer, clientId }: Pick<Provider, 'issuer' | 'clientId'>): string {
  return digest(JSON.stringify([issuer, clientId])).slice(0, NAMESPACE_LENGTH);
}
