// Makes the book's site usable by keyboard, where mdBook's own pages are not.

// Code and tables that scroll can be focused, so that the arrow keys scroll them.
const scrolling = [...document.querySelectorAll("main pre code, main .table-wrapper")];
function setFocusable() {
  for (const element of scrolling) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
}
addEventListener("resize", setFocusable);
document.fonts.ready.then(setFocusable);
setFocusable();

// The label that opens the table of contents is a button.
const toggle = document.getElementById("mdbook-sidebar-toggle");
if (toggle) {
  toggle.setAttribute("role", "button");
  toggle.tabIndex = 0;
  toggle.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle.click();
  });
}
