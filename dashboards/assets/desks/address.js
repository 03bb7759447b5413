/** The page's address names what is open, so that a page loaded anew opens it again. */

/**
 * Name a record in the page's address.
 * @param {string} name of the parameter
 * @param {string} id of the record, "" for none
 */
export function showAddress(name, id) {
  const url = new URL(location.href);
  if (id === (url.searchParams.get(name) || "")) return;
  if (id) url.searchParams.set(name, id);
  else url.searchParams.delete(name);
  history.replaceState(null, "", url);
}

const LEAVE_MS = 2500;

/** Go to sign in, and come back to this page. */
export function goToSignIn() {
  setTimeout(() => {
    location.href = "/login?next=" + encodeURIComponent(location.pathname + location.search);
  }, LEAVE_MS);
}
