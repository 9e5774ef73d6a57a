/**
 * Once a page has upgraded what the phone keeps, pages of the release before cannot open it any more. Where their worker
 * still serves them, the next one begins now, and not when the auditor agrees.
 */
export async function takeOver(container = globalThis.navigator?.serviceWorker) {
  const registration = await container?.getRegistration();
  if (!registration) return;
  const next = () => registration.waiting ?? registration.installing;
  if (!next()) await registration.update().catch(() => {}); // without a connection there is none
  next()?.postMessage({ deed: 'take-over' });
}
