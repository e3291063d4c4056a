/** Lifted limits, for a gate of a demo: it is pressed more often than a bank's customer would. */
export const DEMO_LIMITS = {
  starts: false,
  pushes: false,
  messages: false,
  unapprovedPushes: false,
} as const;
