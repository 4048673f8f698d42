// api.js: requests. An answer that is a problem (RFC 9457) becomes an error in the API's own words. All addresses are
// relative to the document, so that the page works below any prefix.

const patience = 10_000; // ms for an answer

// Refusal is an answer that is not the one that was asked for. status is 0 where there was none.
export class Refusal extends Error {
  constructor(status, detail, retry = false) {
    super(detail);
    this.status = status;
    this.retry = retry;
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, {
      credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(patience), ...options,
    });
  } catch (error) {
    throw new Refusal(0, error.name === 'TimeoutError' ? 'no answer within 10 s' : 'the trader cannot be reached');
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export async function refusal(response) {
  let detail = `the trader answered ${response.status}`;
  try {
    detail = (await response.json()).detail || detail;
  } catch { /* what answers may be a proxy */ }
  return new Refusal(response.status, detail, response.headers.has('Retry-After'));
}

// get returns the answer, and hands its headers to seen where somebody wants them.
export async function get(path, seen) {
  const response = await request(path, { headers: { Accept: 'application/json' } });
  seen?.(response);
  try {
    return await response.json();
  } catch {
    throw new Refusal(0, 'the answer did not come whole');
  }
}

// signIn exchanges a token for a cookie.
export async function signIn(token) {
  const response = await request('api/session', {
    method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + token },
  });
  return response.json();
}

export const signOut = () => request('api/session', { method: 'DELETE' });

// newKey names an act, so that asking for it again does nothing twice.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// act has something done once. It asks again, by the same key, while it is under way or no answer came, and calls waiting
// meanwhile; what it throws at last says whether it may have been done: only then has the error status 0.
export async function act(verb, body, key, waiting) {
  let last;
  for (let n = 0; n < 40; n++) {
    try {
      const response = await request('api/control/' + verb, {
        method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
      });
      const answer = await response.json();
      if (response.status !== 202) return answer;
      last = new Refusal(0, answer.detail);
    } catch (error) {
      const again = error.status === 0 || error.status === 409 && error.retry;
      if (!again || error.status === 0 && n >= 5) throw error;
      last = error;
    }
    waiting?.(last.message);
    await pause(Math.min(500 * 2 ** Math.min(n, 3), 3000));
  }
  throw new Refusal(0, last.message);
}
