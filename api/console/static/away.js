"use strict";
// The page for the way: opens the bag, shows the villages in it, and takes notes.
const part = (id) => document.getElementById(id);
const say = (name) => part("texts").querySelector(`[data-text="${name}"]`).textContent;
const copyOf = (id) => part(id).content.firstElementChild.cloneNode(true);
const fill = (place, name, text) => { place.querySelector(`[data-fill="${name}"]`).textContent = text; };
const IDLE = 600000;
let touched = Date.now();

function tell(name, ...more) {
  part("told").textContent = more.reduce((text, each) => text.replace("%s", each), say(name));
  part("sign-in").hidden = name !== "ended";
}
// Who works by keyboard goes on from the message once what they pressed is gone.
function conclude(name, ...more) {
  tell(name, ...more);
  part("told").focus();
}
const focusOn = (at) => ([...document.querySelectorAll("[data-at]")].find((each) => each.dataset.at === at) ?? part("told")).focus();
// Lists are drawn anew: what had the focus gets it again, by its name.
function keepingFocus(draw) {
  const held = document.activeElement;
  draw();
  if (held !== document.body && !(held.isConnected && held.getClientRects().length)) focusOn(held.dataset.at);
}
const guarded = (work) => async (event) => {
  event?.preventDefault?.();
  try {
    await work(event);
  } catch (error) {
    tell("fault");
    console.info(error.name);
  }
};

async function show() {
  await bag.expire();
  const now = await bag.state();
  const [packs, notes] = now.isOpen ? [await bag.packs(), await bag.notes()] : [[], []];
  keepingFocus(() => {
    part("lock").hidden = now.isOpen;
    part("first-time").hidden = now.isSetUp;
    part("bag").hidden = !now.isOpen;
    part("waiting").textContent = now.waiting ? say("waiting").replace("%s", now.waiting) : "";
    part("take").hidden = !wanted();
    part("wipe").hidden = !now.isSetUp;
    showVillages(packs);
    showNotes(notes);
    if (now.isOpen) return;
    part("note-place").replaceChildren();
    part("back").hidden = true;
  });
}
const wanted = () => /^#take=(\d{12})$/.exec(location.hash)?.[1];

function showVillages(packs) {
  part("villages").replaceChildren(...packs.map(({village}) => {
    const place = copyOf("a-village");
    fill(place, "name", village.name);
    fill(place, "edition", village.as_of);
    fill(place, "count", village.rows.length);
    place.querySelector("ol").append(...village.rows.map((row) => person(row, village)));
    return place;
  }));
  part("no-villages").hidden = packs.length > 0;
}
function person(row, village) {
  const place = copyOf("a-person");
  fill(place, "name", row.identity.name ?? row.member_id);
  fill(place, "id", row.identity.id_number ?? "–");
  fill(place, "phone", row.identity.phone ?? "–");
  place.querySelector("[data-fill=tier]").replaceChildren(copyOf(`tier-${row.tier}`));
  fill(place, "limit", row.limit_yuan ? say("limit").replace("%s", row.limit_yuan.toLocaleString("en")).replace("%s", row.months) : say("no-limit"));
  fill(place, "consent", say(row.has_consent ? "in-force" : "no-consent"));
  place.querySelector("ul").append(...row.verify.map((text) => Object.assign(document.createElement("li"), {textContent: text})));
  for (const button of place.querySelectorAll("[data-note]")) {
    button.dataset.at = `${row.member_id} ${button.dataset.note}`;
    button.addEventListener("click", () => startNote(button.dataset.note, village.account, row, village));
  }
  return place;
}

function startNote(kind, account, row, village, fields = {}, instead = null) {
  const form = copyOf(`note-${kind}`), at = `${row.member_id} ${kind}`;
  fill(form, "name", row.identity.name ?? row.member_id);
  const seasons = Object.entries(village.seasons).map(([code, text]) => new Option(text, code));
  for (const select of form.querySelectorAll("[name^='season.']")) select.append(...seasons.map((each) => each.cloneNode(true)));
  const given = {visited_on: village.today, amount_yuan: row.limit_yuan || "", months: row.months ?? 12, ...fields};
  for (const field of form.elements) {
    if (field.type === "radio") field.checked = given[field.name] === field.value;
    else if (field.name in given) field.value = given[field.name];
  }
  form.addEventListener("submit", guarded(async () => {
    const written = Object.fromEntries([...new FormData(form)].filter(([, text]) => text.trim()));
    const who = {name: row.identity.name ?? row.member_id, row, village: {seasons: village.seasons, today: village.today}};
    const button = form.querySelector("button.button");
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await bag.keepNote({kind, member: row.member_id, account, who, fields: written, noted: Date.now()});
      if (instead) await bag.dropNote(instead);
    } finally {
      button.removeAttribute("aria-disabled");
    }
    part("note-place").replaceChildren();
    part("back").hidden = false;
    part("back-button").textContent = say("back").replace("%s", who.name);
    part("back-button").onclick = () => focusOn(at);
    conclude("noted");
    await show();
    await send();
  }));
  form.querySelector("[data-cancel]").addEventListener("click", () => {
    part("note-place").replaceChildren();
    focusOn(instead ? `${instead} correct` : at);
  });
  part("back").hidden = true;
  part("note-place").replaceChildren(form);
  form.querySelector("h2").focus();
}

function showNotes(notes) {
  part("no-notes").hidden = notes.length > 0;
  part("notes").replaceChildren(...notes.map((note) => {
    const place = copyOf("a-note"), answer = note.answer;
    const state = note.waiting ? (answer ? "again" : "unsent") : answer.status;
    fill(place, "what", `${note.who.name} · ${say(note.kind)}`);
    fill(place, "state", say(state));
    place.querySelector("[data-fill=state]").classList.add(`note-${state}`);
    fill(place, "sentences", (answer?.sentences ?? []).join(" "));
    const link = place.querySelector("a"), correct = place.querySelector("[data-correct]");
    link.hidden = !answer?.path;
    if (answer?.path) link.href = answer.path;
    correct.hidden = state !== "refused";
    correct.dataset.at = `${note.id} correct`;
    link.dataset.at = `${note.id} look`;
    // A corrected note is another deed, so it gets another key.
    correct.addEventListener("click", () => startNote(note.kind, note.account, note.who.row, note.who.village, note.fields, note.id));
    const drop = place.querySelector("[data-drop]");
    drop.dataset.at = `${note.id} drop`;
    drop.addEventListener("click", guarded(async () => {
      if (note.waiting && !confirm(say("drop-unsent"))) return;
      await bag.dropNote(note.id);
      conclude("dropped");
      await show();
    }));
    return place;
  }));
}

async function send() {
  if (!(await bag.state()).isOpen) return;
  await notesOut.send(tell);
  await show();
}
async function takeAlong() {
  const code = wanted();
  tell("taking");
  const path = `/console/away/villages/${code}?lang=${notesOut.language}`;
  const found = await notesOut.asked(path).catch(() => null);
  if (!found) return tell("away");
  if (found.status === 401) return tell("ended");
  if (!found.told) return tell("no-village");
  await bag.takeAlong(found.told.village, found.told.seconds);
  await navigator.storage.persist?.();
  history.replaceState(null, "", location.pathname);
  conclude("taken");
  await show();
}

part("lock").addEventListener("submit", guarded(async () => {
  const typed = part("passphrase");
  if (typed.value.length < 10) {
    typed.focus();
    return tell("short");
  }
  tell("opening");
  const {open, left} = await bag.open(typed.value);
  typed.value = "";
  tell(open ? "open" : left ? "wrong" : "wiped", left);
  (left && !open ? typed : part("told")).focus();
  touched = Date.now();
  await show();
  await send();
}));
part("take-button").addEventListener("click", guarded(takeAlong));
part("send").addEventListener("click", guarded(send));
part("close").addEventListener("click", guarded(async () => { bag.lock(); conclude("closed"); await show(); }));
part("wipe").addEventListener("click", guarded(async () => {
  if (!confirm(say("wipe-all"))) return;
  await bag.wipe();
  conclude("wiped-now");
  await show();
}));
addEventListener("online", guarded(send));
addEventListener("hashchange", guarded(show));
document.addEventListener("visibilitychange", guarded(tick));
bag.channel.addEventListener("message", guarded(show));
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touched = Date.now(); });
setInterval(guarded(tick), 15000);
async function tick() {
  const before = await bag.state();
  if (before.isOpen && Date.now() - touched > IDLE) {
    bag.lock();
    tell("closed");
  }
  await bag.expire();
  const after = await bag.state();
  if (after.isOpen !== (!part("bag").hidden) || after.packs !== before.packs) await show();
}
navigator.serviceWorker?.register("/console/away/worker.js", {scope: "/console/away/"});
guarded(show)();
