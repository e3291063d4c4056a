/** Lifted limits, for a gate of a demo: it is pressed more often than a bank's customer would. */
export const DEMO_LIMITS = {
  startsPerSession: false,
  messagesPerSession: false,
  messagesPerSubject: false,
  unapprovedPerSession: false,
  unapprovedPerSubject: false,
} as const;
