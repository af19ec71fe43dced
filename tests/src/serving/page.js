// Looks at the page of a server in a real browser, and prints what is wrong with it as a list in
// JSON.
//
//     page.js URL BROWSER PACKAGES
const fs = require("fs");
const path = require("path");

const [url, executablePath, packages] = process.argv.slice(2);
const modules = path.join(packages, "node_modules");
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core/axe.min.js"), "utf8");
const PAGES = ["", "?q=web", "?q=nothing", "?image=web"];
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

const problems = [];
const report = (where, what) => problems.push(`${where}: ${what}`);

// Opens a page with all that is folded.
async function opened(context, address) {
  const page = await context.newPage();
  page.on("console", (message) => report(address, message.text()));
  page.on("pageerror", (error) => report(address, error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) report(address, `loads ${request.url()}`);
  });
  await page.goto(url + address);
  await page.locator("details").evaluateAll((all) => all.forEach((details) => { details.open = true; }));
  return page;
}

// Axe is no script of the page: its policy is switched off for it.
async function isAccessible(browser, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true });
  for (const address of PAGES) {
    const where = `/${address} at ${width} px, ${colorScheme}`;
    const page = await opened(context, address);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) report(where, `${over} px wider than the window`);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => axe.run());
    if (passes.length < 10) report(where, "axe has hardly found anything to look at");
    for (const { id, nodes } of violations) report(where, `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  }
  await context.close();
}

async function copies(browser) {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await opened(context, "?image=web");
  const button = page.getByRole("button", { name: "Copy the docker pull command" });
  for (const clipboard of ["of the browser", "of old browsers"]) {
    await page.evaluate(() => navigator.clipboard.writeText("nothing"));
    const read = await page.evaluateHandle(() => navigator.clipboard.readText.bind(navigator.clipboard));
    if (clipboard === "of old browsers") {
      await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    }
    await button.click();
    await page.getByRole("status").filter({ hasText: "Copied" }).waitFor({ state: "attached" });
    const copied = await page.evaluate((read) => read(), read);
    const host = new URL(url).host;
    if (copied !== `docker pull ${host}/web:1.0.0.2`) report(`clipboard ${clipboard}`, copied);
  }
  await context.close();
}

async function worksWithoutScripts(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url);
  if (await page.getByRole("button", { name: "Copy" }).count()) report("without scripts", "there are buttons that do nothing");
  await page.getByLabel("Filter by name").fill("WEB");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/?q=WEB");
  const rows = await page.locator("tbody tr").count();
  if (rows !== 1) report("without scripts", `${rows} images are called web`);
  await page.getByRole("link", { name: "web", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "web" }).waitFor();
  await context.close();
}

// Each link, button, field and summary gets the focus by the Tab key, and shows that it has it.
async function isReachedByKeyboard(browser) {
  const context = await browser.newContext();
  for (const address of PAGES) {
    const page = await opened(context, address);
    const wanted = await page.locator("a, button, input, summary").evaluateAll((all) => all.length);
    await page.evaluate(() => { window.seen = new Set(); });
    for (let presses = 0; presses < wanted; presses++) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        window.seen.add(document.activeElement);
        return getComputedStyle(document.activeElement).outlineStyle;
      });
      if (outline === "none") report(`/${address}`, "an element does not show that it has the focus");
    }
    const reached = await page.evaluate(() => [...window.seen].filter((element) => element.matches("a, button, input, summary")).length);
    if (reached !== wanted) report(`/${address}`, `${reached} of ${wanted} elements are reached by the keyboard`);
  }
  await context.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: false });
  try {
    for (const width of [320, 1280]) {
      for (const scheme of ["light", "dark"]) await isAccessible(browser, width, scheme);
    }
    await copies(browser);
    await worksWithoutScripts(browser);
    await isReachedByKeyboard(browser);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(problems));
})();
