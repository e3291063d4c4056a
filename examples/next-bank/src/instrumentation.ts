/** Next.js waits for open requests when it stops, and event streams are requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') await import('./close-on-stop.ts');
}
