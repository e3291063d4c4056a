/** How long tests wait for what must come: as long as a busy machine may need. */
export const PATIENT = { timeout: 50_000 } as const;
