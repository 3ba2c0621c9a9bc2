// SPDX-License-Identifier: Apache-2.0
// The status page: asks the server every few seconds while it is seen, and hands the answers to the parts of the page.
// Three questions of different pace, each asked again some time after its answer, so that none piles up.
import { at, setText } from './dom.js';
import { clock, sentence, zone } from './format.js';
import { showHistory, startHistory } from './history.js';
import { startLogs } from './logs.js';
import { noticesOf, showHeadline, showNotices, showStatus } from './overview.js';
import { showRuns, startRuns } from './runs.js';
import { getJson, useToken } from './server.js';
import { showSources } from './sources.js';

const STATUS_MS = 3000;
const HISTORY_MS = 10000;
const LONG_HISTORY_MS = 60000;
const LONG_HISTORY = 1000; // points from which on the history is asked for less often
const RUNS_MS = 30000;

let seen = null; // when the server answered last
let sourceNotices = [];
const troubles = new Map(); // what is wrong with which question

const showAllNotices = () =>
  showNotices([...new Map([...troubles.values()].map((one) => [one[0], one])).values(), ...sourceNotices]);

const showTrouble = (name, error) => {
  const refused = error.status !== undefined;
  at('token-form').hidden = !(refused && error.wantsToken);
  const since = seen ? `What follows is of ${clock(seen)}.` : '';
  if (refused && error.wantsToken) troubles.set(name, ['The server asks for a token.', `${sentence(error.message)}.`]);
  else if (refused)
    troubles.set(name, [`The server does not tell its ${name}.`, `${sentence(error.message)}. ${since} Trying again.`]);
  else troubles.set(name, ['The server cannot be reached.', `${since} Trying again every few seconds.`.trim()]);
  if (name === 'status') {
    showHeadline({ badge: 'Error', words: refused ? 'The state is unknown' : 'The server does not answer', more: '' });
    if (!refused) sourceNotices = [];
  }
  showAllNotices();
};

const settle = (name) => {
  if (!troubles.delete(name)) return;
  if (![...troubles.values()].length) at('token-form').hidden = true;
  showAllNotices();
};

const QUESTIONS = [
  {
    name: 'status',
    path: 'api/v1/status',
    pause: () => STATUS_MS,
    show: (status) => {
      const now = new Date(status.time);
      seen = new Date();
      at('app').classList.remove('blank');
      showStatus(status);
      showSources(status.sources, now);
      sourceNotices = noticesOf(status);
      showAllNotices();
      setText(at('version'), `Quantoki ${status.version}`);
    },
  },
  {
    name: 'history',
    path: 'api/v1/history',
    points: 0,
    pause() {
      return this.points > LONG_HISTORY ? LONG_HISTORY_MS : HISTORY_MS;
    },
    show(history) {
      this.points = history.time.length;
      showHistory(history);
    },
  },
  { name: 'test runs', path: 'api/v1/logs?num=100', pause: () => RUNS_MS, show: showRuns },
];

const ask = async (question) => {
  clearTimeout(question.timer);
  if (document.hidden || question.asking) return;
  question.asking = true;
  let pause = STATUS_MS;
  try {
    const answer = await getJson(question.path);
    settle(question.name);
    question.show(answer);
    pause = question.pause();
  } catch (error) {
    if (!(error instanceof TypeError) && error.status === undefined && error.name !== 'TimeoutError')
      console.error(error);
    showTrouble(question.name, error);
  }
  question.asking = false;
  question.timer = setTimeout(() => ask(question), pause);
};

const askAll = () => QUESTIONS.forEach(ask);

startHistory();
startRuns();
startLogs();
setText(at('zone'), zone());
at('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(at('token').value);
  at('token').value = '';
  askAll();
});
document.addEventListener('visibilitychange', askAll);
at('app').hidden = false;
askAll();
