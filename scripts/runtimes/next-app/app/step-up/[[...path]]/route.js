import { stepgate } from '../../../stepgate.js';

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = stepgate.handlers;
