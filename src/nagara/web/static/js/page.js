// What every page does beyond HTML: moves focus to an error or an outcome, speaks, closes menus.

/** Says a sentence to people who listen instead of looking. */
export function announce(sentence) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  requestAnimationFrame(() => { announcer.textContent = sentence; });
}

/** Moves focus to the error summary or the word of a result, where the page holds one. */
export function focusOnOutcome(root = document) {
  root.querySelector("[data-error-summary], .result__word")?.focus();
}

const languages = document.querySelector(".languages");
document.addEventListener("click", (event) => {
  if (languages && !languages.contains(event.target)) languages.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && languages?.open) {
    languages.open = false;
    languages.querySelector("summary").focus();
  }
});
document.querySelectorAll(".govuk-error-summary__list a").forEach((link) => {
  link.addEventListener("click", (event) => {
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.labels?.[0] ?? field).scrollIntoView();
    field.focus({ preventScroll: true });
  });
});
focusOnOutcome();
