// The copy buttons: each names the element whose text it copies.

const SHOWN_FOR = 2000;

async function copy(button) {
  const source = document.getElementById(button.dataset.copies);
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // No clipboard: the page was loaded over http from another machine, or the browser refuses.
    getSelection().selectAllChildren(source);
    done = "Selected";
  }
  const before = button.textContent;
  if (before !== done) {
    button.textContent = done;
    setTimeout(() => { button.textContent = before; }, SHOWN_FOR);
  }
  announce(`${done}.`);
}

// The button's own text is not read out when it changes.
const status = document.createElement("p");
status.className = "unseen";
status.setAttribute("role", "status");
document.body.append(status);

function announce(text) {
  status.textContent = "";
  setTimeout(() => { status.textContent = text; }, 100);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-copies]");
  if (button) copy(button);
});
for (const button of document.querySelectorAll("button[data-copies]")) button.hidden = false;
