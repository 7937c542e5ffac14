// The documents of the server; an error carries the one line that the server answers.

async function answered(response) {
  if (response.ok) return response;
  let reason = `the server answered ${response.status}`;
  try {
    reason = (await response.json()).error ?? reason;
  } catch {
    // no JSON: the status says it
  }
  throw new Error(reason);
}

async function reached(request) {
  try {
    return await request;
  } catch {
    throw new Error("the dashboard cannot be reached; is `augury serve` still running?");
  }
}

/** GET a document. */
export async function read(name, query = {}) {
  const response = await reached(fetch(`/api/${name}?${new URLSearchParams(query)}`));
  return (await answered(response)).json();
}

async function send(name, body) {
  const headers = { "Content-Type": "application/json" };
  return answered(await reached(fetch(`/api/${name}`, { method: "POST", headers, body: JSON.stringify(body) })));
}

/** POST an object, get a document. */
export const post = async (name, body) => (await send(name, body)).json();

/** POST an object, get a file. */
export const postForFile = async (name, body) => (await send(name, body)).blob();
