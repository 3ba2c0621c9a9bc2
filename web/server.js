// SPDX-License-Identifier: Apache-2.0
// Requests to the server that this page came from.

const PATIENCE_MS = 8000;

// In memory only; gone with the page.
let token = '';
export const useToken = (text) => (token = text.trim());

export const headers = () => (token ? { Authorization: `Bearer ${token}` } : {});

export class Refusal extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
  get wantsToken() {
    return this.status === 401 || this.status === 403;
  }
}

const wordsOf = async (answer) => {
  try {
    return (await answer.json()).error.message;
  } catch {
    return answer.statusText;
  }
};

export const refusalOf = async (answer) => {
  const words = await wordsOf(answer);
  return new Refusal(answer.status, words ? `${words} (status ${answer.status})` : `status ${answer.status}`);
};

// The answer's JSON. Throws a Refusal if the server answered anything but 200, another error if it did not answer.
export const getJson = async (path) => {
  const answer = await fetch(path, { headers: headers(), cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw await refusalOf(answer);
  return answer.json();
};
