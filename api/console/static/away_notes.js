"use strict";
// Notes on their way to the service: each is sent under the key it was noted with, one after another.
const notesOut = (() => {
  const language = document.documentElement.dataset.language;
  // The service answers a script that is not signed in by 401, without a page.
  const headers = {"HX-Request": "true"};

  async function asked(path, options = {}) {
    const response = await fetch(path, {...options, headers, cache: "no-store", redirect: "error"});
    const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
    return {status: response.status, told: isJson ? await response.json() : null};
  }
  // Who is signed in; null without a session. A network that is away is an exception.
  async function session() {
    const {status, told} = await asked("/console/away/session");
    return status === 200 ? told : null;
  }
  async function sendOne(note, token) {
    const fields = {...note.fields, kind: note.kind, member_id: note.member, lang: language, token, key: note.id};
    const {status, told} = await asked("/console/away/notes", {method: "POST", body: new URLSearchParams(fields)});
    // What no answer of the service settles is sent again, under the same key.
    return told ?? {status: status === 401 ? "ended" : "again"};
  }
  async function sendWaiting(tell) {
    const waiting = (await bag.notes()).filter((note) => note.waiting);
    if (!waiting.length) return;
    const who = await session().catch(() => undefined);
    if (who === undefined) return tell("away");
    if (who === null) return tell("ended");
    for (const note of waiting) {
      if (note.account !== who.account) {
        tell("other", note.account);
        continue;
      }
      const answer = await sendOne(note, who.token).catch(() => null);
      if (answer === null) return tell("away");
      if (answer.status === "ended") return tell("ended");
      const {id, iv, data, waiting: _, ...content} = note;
      await bag.keepNote({...content, answer}, answer.status === "again", id);
    }
  }
  return {
    asked, language,
    // Of several tabs one sends; a note sent twice all the same is carried out once, by its key.
    send: (tell) => navigator.locks.request("rongzi-away", () => sendWaiting(tell)),
  };
})();
