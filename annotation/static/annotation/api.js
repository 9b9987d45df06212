// Talking to the server: JSON both ways, and three ways to fail that a page must tell apart.

export class NotSignedIn extends Error {}
export class Unreachable extends Error {}
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function csrf() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("_csrf_token="));
  return found ? decodeURIComponent(found.slice("_csrf_token=".length)) : "";
}

async function answer(response) {
  if (response.status === 401) throw new NotSignedIn("Your session has ended.");
  // A proxy or a restarting server: the same as no line at all, it is worth another try.
  if (response.status >= 500 || response.status === 429) throw new Unreachable(`The server answered ${response.status}.`);
  let body;
  try {
    body = await response.json();
  } catch {
    if (response.ok) throw new Unreachable("The answer broke off.");
    throw new Refused(response.status, "refused", `The server answered ${response.status}.`);
  }
  if (!response.ok) throw new Refused(response.status, body.error ?? "refused", body.message ?? "It was refused.");
  return body;
}

async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw new Unreachable("The server cannot be reached.");
  }
}

export async function post(url, body, { keepalive = false } = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() };
  return answer(await reach(url, { method: "POST", headers, body: JSON.stringify(body), keepalive }));
}

// Until the line is back; asks for the password where the session has ended.
export async function insist(act, signIn) {
  for (let wait = 500; ; wait = Math.min(8000, wait * 2)) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof NotSignedIn) await signIn();
      else if (error instanceof Unreachable) await new Promise((done) => setTimeout(done, wait));
      else throw error;
    }
  }
}

export async function get(url) {
  return answer(await reach(url, { headers: { Accept: "application/json" } }));
}

export async function blob(url) {
  const response = await reach(url, {});
  if (response.status === 401) throw new NotSignedIn("Your session has ended.");
  if (!response.ok) throw new Unreachable(`The clip could not be fetched (${response.status}).`);
  try {
    return await response.blob();
  } catch {
    throw new Unreachable("The clip broke off.");
  }
}

// Sign in again without leaving the page. True if the password was right.
export async function signIn(url, username, password) {
  const body = new URLSearchParams({ username, password, csrfmiddlewaretoken: csrf() });
  const response = await reach(url, { method: "POST", body, redirect: "manual", headers: { "X-CSRFToken": csrf() } });
  return response.type === "opaqueredirect" || response.redirected;
}
