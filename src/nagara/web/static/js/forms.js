/**
 * Errors as instructions: what happened, why, what to do; the focus goes there; typed words stay.
 */

import { NetworkLost, Problem } from "./api.js";
import { say } from "./words.js";

/** Takes away what an earlier try said. */
export function clearErrors(section) {
  section.querySelector("[data-errors]").replaceChildren();
  for (const message of section.querySelectorAll(".govuk-error-message")) message.remove();
  for (const group of section.querySelectorAll(".govuk-form-group--error")) {
    group.classList.remove("govuk-form-group--error");
  }
  for (const field of section.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.classList.remove("govuk-input--error");
    describe(field);
  }
}

/** @param {{field: string, sentence: string}[]} errors ids of fields and what to do about them */
export function showErrors(section, errors) {
  clearErrors(section);
  const items = errors.map(({ field, sentence }) => {
    mark(section.querySelector(`#${field}`), sentence);
    return { link: `#${field}`, sentence };
  });
  summary(section, say("attention"), items);
}

/** What the server or the network said; `field` is where the person can change it, if anywhere. */
export function showProblem(section, fault, field = null) {
  clearErrors(section);
  const { title, sentences } = explain(fault);
  if (field !== null) mark(section.querySelector(`#${field}`), title);
  const items = sentences.map((sentence) => ({ link: null, sentence }));
  summary(section, title, items);
}

/** @returns {{title: string, sentences: string[]}} a fault in words for people */
export function explain(fault) {
  if (fault instanceof NetworkLost) {
    return { title: say("offline_title"), sentences: [say("offline_do")] };
  }
  if (fault instanceof Problem) return explainMembers(fault.members);
  console.error(fault);
  return { title: say("broken_title"), sentences: [say("broken_do")] };
}

/** The same for problem details that were kept. */
export function explainMembers({ title, detail, action }) {
  if (!title) return { title: say("broken_title"), sentences: [say("broken_do")] };
  return { title, sentences: [detail, action].filter((sentence) => sentence) };
}

/** Runs what a form does once at a time: its button rests meanwhile, its faults are shown. */
export function onSubmit(section, act) {
  const form = section.querySelector("form");
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    clearErrors(section);
    button.setAttribute("aria-disabled", "true");
    try {
      await act(new FormData(form));
    } catch (fault) {
      showProblem(section, fault);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

function summary(section, title, items) {
  const parts = document.getElementById("error-summary").content.cloneNode(true);
  parts.querySelector("[data-fill=title]").textContent = title;
  const list = parts.querySelector("ul");
  for (const { link, sentence } of items) list.append(entry(link, sentence));
  const box = parts.firstElementChild;
  section.querySelector("[data-errors]").replaceChildren(box);
  box.focus();
}

function entry(link, sentence) {
  const item = document.createElement("li");
  if (link === null) {
    item.textContent = sentence;
    return item;
  }
  const anchor = document.createElement("a");
  anchor.href = link;
  anchor.textContent = sentence;
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector(link).focus();
  });
  item.append(anchor);
  return item;
}

function mark(field, sentence) {
  const group = field.closest(".govuk-form-group");
  group.classList.add("govuk-form-group--error");
  const message = document.createElement("p");
  message.className = "govuk-error-message";
  message.id = `${field.id}-error`;
  message.textContent = sentence;
  (field.closest(".govuk-input__wrapper, .govuk-radios") ?? field).before(message);
  field.setAttribute("aria-invalid", "true");
  if (field.matches(".govuk-input")) field.classList.add("govuk-input--error");
  describe(field);
}

function describe(field) {
  const ids = [`${field.id}-hint`, `${field.id}-error`];
  const present = ids.filter((id) => document.getElementById(id) !== null);
  if (present.length > 0) field.setAttribute("aria-describedby", present.join(" "));
  else field.removeAttribute("aria-describedby");
}
