"use strict";
// What is taken along: villages and notes, encrypted under a passphrase, in this browser alone.
// In clear lie random ids, moments, and what is needed to try a passphrase; nothing about a person.
const bag = (() => {
  const ITERATIONS = 600000, TRIES = 5, STORES = ["lock", "packs", "notes"], SET_BACK = 300000;
  const coder = new TextEncoder();
  const channel = new BroadcastChannel("rongzi-away");
  let key = null;

  const answered = (asked) => new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  async function inStores(mode, work) {
    const asked = indexedDB.open("rongzi-away", 1);
    asked.onupgradeneeded = () => STORES.forEach((name) => asked.result.createObjectStore(name, {keyPath: "id"}));
    const database = await answered(asked);
    try {
      const change = database.transaction(STORES, mode, {durability: "strict"});
      const stores = Object.fromEntries(STORES.map((name) => [name, change.objectStore(name)]));
      const ended = new Promise((done, fail) => {
        change.oncomplete = done;
        change.onerror = change.onabort = () => fail(change.error);
      });
      const found = await work(stores);
      await ended;
      return found;
    } finally {
      database.close();
    }
  }
  async function write(work) {
    const found = await inStores("readwrite", work);
    channel.postMessage("changed");
    return found;
  }

  // The iterations follow OWASP's advice for PBKDF2 with SHA-256.
  async function derived(passphrase, lock) {
    const typed = coder.encode(passphrase.normalize("NFKC"));
    const material = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
    const how = {name: "PBKDF2", hash: "SHA-256", salt: lock.salt, iterations: lock.iterations};
    return crypto.subtle.deriveKey(how, material, {name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
  }
  // `bound` is authenticated too, so that a record's day cannot be changed.
  async function sealed(value, bound, by = key) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const how = {name: "AES-GCM", iv, additionalData: coder.encode(bound)};
    return {iv, data: await crypto.subtle.encrypt(how, by, coder.encode(JSON.stringify(value)))};
  }
  async function unsealed(record, bound, by = key) {
    const how = {name: "AES-GCM", iv: record.iv, additionalData: coder.encode(bound)};
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, by, record.data)));
  }
  const packBound = (pack) => `pack ${pack.id} ${pack.taken} ${pack.until}`;
  const noteBound = (note) => `note ${note.id}`;

  async function setUp(passphrase) {
    const lock = {id: "lock", salt: crypto.getRandomValues(new Uint8Array(16)), iterations: ITERATIONS, wrong: 0};
    const made = await derived(passphrase, lock);
    Object.assign(lock, await sealed("opens", "lock", made));
    // Of two tabs that set one up at once, the first prevails.
    const prevails = await write(async ({lock: store}) => await answered(store.get("lock")) ? false : (store.put(lock), true));
    if (prevails) key = made;
    return prevails ? {open: true} : open(passphrase);
  }
  async function open(passphrase) {
    // A try counts before it is made, so that closing the page does not take it back.
    const lock = await write(async ({lock: store}) => {
      const found = await answered(store.get("lock"));
      if (found) store.put({...found, wrong: found.wrong + 1});
      return found;
    });
    if (!lock) return setUp(passphrase);
    const made = await derived(passphrase, lock);
    const opens = await unsealed(lock, "lock", made).catch(() => null);
    if (opens) {
      await write(async ({lock: store}) => store.put({...lock, wrong: 0}));
      key = made;
      return {open: true};
    }
    const left = TRIES - lock.wrong - 1;
    if (left <= 0) await wipe();
    return {open: false, left: Math.max(left, 0)};
  }
  async function wipe() {
    key = null;
    await write(async (stores) => STORES.forEach((name) => stores[name].clear()));
  }

  // Villages whose day is over go, also where the clock was set back; notes stay until they are sent.
  async function expire(now = Date.now()) {
    const isOver = (pack) => now >= pack.until || now < pack.taken - SET_BACK;
    const found = await inStores("readonly", async ({packs, notes}) => [await answered(packs.getAll()), await answered(notes.getAll())]);
    const over = found[0].filter(isOver), isEmpty = over.length === found[0].length;
    const done = isEmpty ? found[1].filter((note) => !note.waiting) : [];
    if (!over.length && !done.length) return;
    await write(async ({lock, packs, notes}) => {
      over.forEach((pack) => packs.delete(pack.id));
      done.forEach((note) => notes.delete(note.id));
      if (isEmpty && done.length === found[1].length) lock.delete("lock");
    });
    if (isEmpty && done.length === found[1].length) key = null;
  }
  async function state() {
    return inStores("readonly", async ({lock, packs, notes}) => {
      const all = await answered(notes.getAll());
      return {
        isSetUp: Boolean(await answered(lock.get("lock"))), isOpen: key !== null,
        packs: await answered(packs.count()), waiting: all.filter((note) => note.waiting).length,
      };
    });
  }
  async function all(name, bound) {
    const found = await inStores("readonly", (stores) => answered(stores[name].getAll()));
    return Promise.all(found.map(async (record) => ({...record, ...(await unsealed(record, bound(record)))})));
  }

  return {
    channel, open, wipe, expire, state,
    lock: () => { key = null; },
    packs: () => all("packs", packBound),
    notes: async () => (await all("notes", noteBound)).sort((one, other) => one.noted - other.noted),
    async takeAlong(village, seconds) {
      const taken = Date.now();
      const pack = {id: crypto.randomUUID(), taken, until: taken + seconds * 1000};
      Object.assign(pack, await sealed({village}, packBound(pack)));
      const before = (await this.packs()).filter((each) => each.village.code === village.code);
      await write(async ({packs}) => {
        before.forEach((each) => packs.delete(each.id));
        packs.put(pack);
      });
    },
    // The id of a note is the key under which it is sent, however often.
    async keepNote(content, waiting = true, id = crypto.randomUUID()) {
      const note = {id, waiting};
      Object.assign(note, await sealed(content, noteBound(note)));
      await write(async ({notes}) => notes.put(note));
    },
    dropNote: (id) => write(async ({notes}) => notes.delete(id)),
  };
})();
