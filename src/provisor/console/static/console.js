// Follows /events and keeps the page current. Without it the page is complete, and "Reload" makes it current.
"use strict";

(() => {
  const REFRESH_MILLISECONDS = 3000;
  const live = document.getElementById("live");

  // A one-time token has no business in the history once its form stands on the page.
  if (document.querySelector("form[data-one-time]")) {
    history.replaceState(null, "", location.pathname);
  }
  if (!live || !window.EventSource) {
    return;
  }

  const status = document.getElementById("status");
  const announcement = document.getElementById("announcement");
  let waitingHtml = null;
  let states = readStates();
  let refreshing = false;
  let stale = false;

  function readStates() {
    const found = new Map();
    for (const section of status.querySelectorAll("[data-application]")) {
      found.set(section.dataset.application, section.dataset.state);
    }
    return found;
  }

  function isInUse(element) {
    const selection = document.getSelection();
    const selects = selection && !selection.isCollapsed && element.contains(selection.anchorNode);
    return selects || (element.contains(document.activeElement) && document.activeElement !== element);
  }

  function showStatus() {
    if (waitingHtml === null || isInUse(status)) {
      return;
    }
    status.innerHTML = waitingHtml; // rendered and escaped by our own server
    waitingHtml = null;
    const before = states;
    states = readStates();
    for (const section of status.querySelectorAll("[data-application]")) {
      const { application, state, name } = section.dataset;
      if (before.get(application) !== state) {
        announcement.textContent = state === "running" ? `${name}: a cycle has begun.` : `${name}: the cycle has ended.`;
      }
    }
  }

  async function refreshLog() {
    const entries = document.getElementById("entries");
    if (refreshing || isInUse(entries)) {
      stale = true;
      return;
    }
    refreshing = true;
    stale = false;
    try {
      const answer = await fetch(location.href, { headers: { "Provisor-Refresh": "1" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("entries");
        if (fresh && !isInUse(entries)) {
          entries.replaceWith(document.adoptNode(fresh));
        }
      }
    } catch {
      stale = true; // the connection is gone; the event stream says so
    }
    setTimeout(() => {
      refreshing = false;
      if (stale) {
        refreshLog();
      }
    }, REFRESH_MILLISECONDS);
  }

  function say(text, tone, withReload) {
    live.className = `live ${tone}`;
    live.textContent = text;
    if (withReload) {
      const link = document.createElement("a");
      link.href = location.href;
      link.textContent = "Reload";
      live.append(" ", link);
    }
  }

  const events = new EventSource(live.dataset.events);
  events.addEventListener("open", () => say("Live", "on", false));
  events.addEventListener("status", (event) => {
    waitingHtml = JSON.parse(event.data).html;
    showStatus();
  });
  events.addEventListener("log", refreshLog);
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) {
      say("Not live any more: you may be signed out.", "off", true);
    } else {
      say("Connection lost, trying again …", "off", true);
    }
  });
  document.addEventListener("focusout", () => setTimeout(showStatus));
  document.addEventListener("selectionchange", showStatus);
  addEventListener("pagehide", () => events.close());
})();
