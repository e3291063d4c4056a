import { exportJWK, generateKeyPair, type JWK } from 'jose';

const { privateKey } = await generateKeyPair('RS256', { extractable: true });

/** The key of emulated tenants, made once for each process: that takes longer than most tests. */
export const signingKey: JWK = await exportJWK(privateKey);
