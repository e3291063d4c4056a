import { stepgate } from '../../../bank/stepgate.ts';

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = stepgate.handlers;
