// Opens the pages of the site in a real browser, takes screenshots of them, and prints the problems
// as a list in JSON.
//
//     look.js SITE BROWSER PACKAGES PICTURES PAGE…
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");

const [site, executablePath, packages, pictures, ...pages] = process.argv.slice(2);
const modules = path.join(packages, "node_modules");
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core/axe.min.js"), "utf8");
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--allow-file-access-from-files"];
// A picture shows the beginning of a page; what follows looks alike.
const HEIGHT = 1600;

const problems = [];
const report = (where, what) => problems.push(`${where}: ${what}`);

async function opened(context, name) {
  const page = await context.newPage();
  page.on("pageerror", (error) => report(name, error.message));
  page.on("requestfailed", (request) => report(name, `cannot load ${request.url()}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) report(name, `loads ${request.url()}`);
  });
  await page.goto(pathToFileURL(path.join(site, name)).href);
  return page;
}

// The elements that reach beyond the window, unless something around them scrolls.
const beyond = () => [...document.querySelectorAll("main *")].filter((element) => {
  if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let around = element; around; around = around.parentElement) {
    if (/auto|scroll|hidden/.test(getComputedStyle(around).overflowX)) return false;
  }
  return true;
}).slice(0, 3).map((element) => element.outerHTML.slice(0, 120));

async function look(browser, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme });
  for (const name of pages) {
    const where = `${name} at ${width} px, ${colorScheme}`;
    const page = await opened(context, name);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) report(where, `${over} px wider than the window: ${(await page.evaluate(beyond)).join(" ")}`);
    const file = `${name.replace(/\.html$/, "")}-${width}-${colorScheme}.png`;
    await page.screenshot({ path: path.join(pictures, file) });
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
    if (passes.length < 10) report(where, "axe has hardly found anything to check");
    for (const { id, impact, nodes } of violations) {
      if (!["serious", "critical"].includes(impact)) continue;
      const examples = nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" ");
      report(where, `${id}, ${nodes.length} times: ${examples}`);
    }
    await page.close();
  }
  await context.close();
}

async function search(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: HEIGHT } });
  const page = await opened(context, "index.html");
  await page.keyboard.press("s");
  await page.keyboard.type("archive");
  const results = page.locator("#mdbook-searchresults li, #searchresults li");
  await results.first().waitFor({ timeout: 20000 }).catch(() => report("search", "\"archive\" is not found"));
  await page.screenshot({ path: path.join(pictures, "search.png") });
  await context.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: FLAGS, chromiumSandbox: false });
  try {
    // A width of its own for each context: the pages remember whether their sidebar is open.
    const looks = [[320, "light"], [320, "dark"], [1280, "light"], [1280, "dark"]];
    await Promise.all(looks.map(([width, scheme]) => look(browser, width, scheme)));
    await search(browser);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(problems));
})();
