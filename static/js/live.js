// Live figures: one stream a browser, however many tabs. The stream says that something changed; the page then fetches
// its own pieces (they carry hx-trigger="live:standings from:body" or "live:feed from:body") and what moved flashes.
//
// The visible tab that holds the lock has the stream and passes news on to the others. A hidden tab lets go of it and
// catches up when it is shown again. Without Web Locks or BroadcastChannel each visible tab has a stream of its own.

const root = document.getElementById("live");
const { dataset } = root;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: dataset.zone,
});

const SILENCE = 40_000; // Heartbeats come every 15 s: after this the line is dead, whatever the browser believes.
const LATE = 10_000;
const SOON = 250; // News within this time is one piece of news.
const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

let seen = dataset.since; // The instant up to which this page has seen everything, as the server wrote it.
let asOf = new Date(Number(dataset.since));
let source = null;
let letGo = null; // Ends our hold on the lock.
let waiting = null; // Aborts our wait for the lock.
let failures = 0;
let watchdog = 0;
let retry = 0;
let over = false;

const channel = "BroadcastChannel" in window ? new BroadcastChannel(dataset.channel) : null;

/* What is shown of it */

function show(state) {
  const line = document.getElementById("fresh");
  if (!line || !asOf) return;
  const words = { live: dataset.asOf, late: dataset.late, off: dataset.lastSeen, over: dataset.over }[state];
  line.hidden = false;
  line.dataset.state = state === "over" ? "off" : state;
  const time = document.createElement("time");
  time.dateTime = asOf.toISOString();
  time.textContent = clock.format(asOf);
  const [before, after = ""] = words.split("%s");
  line.replaceChildren(before, ...(words.includes("%s") ? [time] : []), after);
}

const dispatch = (kind) => document.body.dispatchEvent(new CustomEvent(`live:${kind}`));
const pending = new Set();
let timer = 0;

// The first news is acted on at once, what follows within a moment is taken together.
function fetchSoon(kinds) {
  for (const kind of kinds) pending.add(kind);
  if (!timer && pending.size) {
    flush();
    timer = setTimeout(() => { timer = 0; fetchSoon([]); }, SOON);
  }
}

function flush() {
  for (const kind of pending) dispatch(kind);
  pending.clear();
}

function take(message) {
  seen = message.id || seen;
  asOf = new Date(message.as_of);
  alive();
  show(Date.now() - asOf > LATE ? "late" : "live");
  fetchSoon(message.kinds ?? []);
}

function alive() {
  failures = 0;
  clearTimeout(watchdog);
  watchdog = setTimeout(() => { if (source) lost(); else show("off"); }, SILENCE);
}

/* The stream */

function open() {
  close();
  if (over) return;
  source = new EventSource(`${dataset.url}?since=${encodeURIComponent(seen)}`);
  for (const name of ["news", "beat"]) {
    source.addEventListener(name, (event) => {
      const message = { ...JSON.parse(event.data), id: event.lastEventId };
      take(message);
      channel?.postMessage(message);
    });
  }
  source.addEventListener("restart", lost);
  source.addEventListener("signed-out", end);
  source.addEventListener("error", lost);
  alive();
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

// We reconnect ourselves, further and further apart and never all at once, rather than leave it to the browser.
function lost() {
  close();
  show("off");
  channel?.postMessage({ lost: true });
  const pause = PAUSES[Math.min(failures, PAUSES.length - 1)];
  failures += 1;
  retry = setTimeout(open, pause * (0.5 + Math.random()));
}

function end() {
  over = true;
  release();
  show("over");
  channel?.postMessage({ over: true });
}

/* Whose turn it is to hold the stream */

function claim() {
  if (letGo || waiting || over) return;
  if (!navigator.locks || !channel) {
    letGo = () => {};
    open();
    return;
  }
  waiting = new AbortController();
  navigator.locks
    .request(dataset.channel, { signal: waiting.signal }, () => {
      waiting = null;
      if (document.hidden) return undefined;
      open();
      return new Promise((resolve) => { letGo = resolve; });
    })
    .catch(() => {});
}

function release() {
  waiting?.abort();
  waiting = null;
  close();
  clearTimeout(watchdog);
  letGo?.();
  letGo = null;
}

channel?.addEventListener("message", ({ data }) => {
  if (document.hidden || source) return;
  if (data.over) { over = true; show("over"); }
  else if (data.lost) show("off");
  else take(data);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) release();
  else { fetchSoon(["standings", "feed"]); alive(); claim(); }
});
addEventListener("pagehide", release);
addEventListener("pageshow", (event) => { if (event.persisted) { fetchSoon(["standings", "feed"]); claim(); } });
addEventListener("online", () => { if (letGo && !source) { failures = 0; open(); } });

/* What moved flashes, in whichever piece it stands */

const read = () => new Map([...document.querySelectorAll("[data-figure]")].map((element) => [element.dataset.figure, element]));
let known = new Map();
const remember = (elements) => { known = new Map([...elements].map(([name, element]) => [name, element.textContent.trim()])); };

document.body.addEventListener("htmx:afterSettle", () => {
  const elements = read();
  for (const [name, element] of elements) {
    if (known.has(name) && known.get(name) !== element.textContent.trim()) element.classList.add("flash");
  }
  remember(elements);
});

// A piece may bring a sentence to say (HX-Trigger: {"live:said": {"sentences": [...]}}).
document.body.addEventListener("live:said", ({ detail }) => {
  for (const text of detail.sentences) document.dispatchEvent(new CustomEvent("say", { detail: { text, tone: "success" } }));
});

remember(read());
show("live");
alive();
if (!document.hidden) claim();
