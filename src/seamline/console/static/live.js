// Follows the server: when the opinion stands on more of the log, the page is asked for again and its living
// parts (`data-live`) are exchanged. Forms and what a person is reading stay as they are.
"use strict";

(() => {
  const main = document.getElementById("content");
  let position = Number(main.dataset.position || 0);
  let state = "lost";
  let asking = false;
  let again = false;

  function shown() {
    const pulse = document.getElementById("pulse");
    if (!pulse) return;
    pulse.hidden = false;
    pulse.classList.toggle("lost", state === "lost");
    pulse.title = state === "lost" ? "not connected: this page may be old" : "follows by itself";
  }

  function exchange(old, fresh) {
    if (old.outerHTML === fresh.outerHTML) return;
    if (old.open) fresh.open = true;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const href = focused && focused.getAttribute("href");
    old.replaceWith(fresh);
    if (!focused) return;
    const same = [...fresh.querySelectorAll("a, summary")].find((e) =>
      href ? e.getAttribute("href") === href : e.tagName === focused.tagName);
    if (same) same.focus({ preventScroll: true });
  }

  async function renew() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.redirected) { location.reload(); return; }
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        // the page said that it was empty, or says so now: other parts than before
        const here = document.querySelectorAll("[data-live]");
        if (here.length !== page.querySelectorAll("[data-live]").length) { location.reload(); return; }
        for (const old of here) {
          const fresh = page.getElementById(old.id);
          if (fresh && !typing(old)) exchange(old, document.adoptNode(fresh));
        }
        document.title = page.title;
        shown();
      }
    } catch { /* the next news, or the stream's own return, asks again */ }
    asking = false;
    if (again) { again = false; renew(); }
  }

  function typing(part) {
    const at = document.activeElement;
    return at && part.contains(at) && at.matches("input, select, textarea, button");
  }

  function follow() {
    const events = new EventSource(`/events?after=${position}`);
    events.onopen = () => { state = "live"; shown(); };
    events.onerror = () => {
      state = "lost";
      shown();
      if (events.readyState === EventSource.CLOSED) setTimeout(follow, 10000);
    };
    events.addEventListener("news", (event) => {
      const news = JSON.parse(event.data);
      position = news.position;
      renew();
      document.dispatchEvent(new CustomEvent("seamline:news", { detail: news }));
    });
    addEventListener("pagehide", () => events.close(), { once: true });
  }

  follow();
})();
