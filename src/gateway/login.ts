import type { FastifyInstance, FastifyReply } from "fastify";
import { TICKET_MS, type Auth } from "../auth/index.js";
import { cookieLine, cookieOf } from "./credentials.js";
import { secondsOf } from "./door.js";
import { accessOf, identityOf, isEverybody } from "./http-access.js";
import { LOGIN_POLICY, LOGIN_STYLE, LOGOUT_PAGE, loginPage } from "./login-page.js";
import { problem } from "./problem.js";

const FORM = "application/x-www-form-urlencoded";
/** A token and its name fit many times. */
const FORM_LIMIT_BYTES = 4096;

/** `/login`, `/logout` and `/api/ticket`: how a token becomes a cookie or a ticket. */
export async function addLoginRoutes(app: FastifyInstance, auth: Auth, isTls: boolean): Promise<void> {
  await app.register((forms, _options, done) => {
    forms.removeContentTypeParser("application/json");
    // Here alone: everywhere else a form of another site would pass for a request of ours.
    forms.addContentTypeParser(FORM, { parseAs: "string", bodyLimit: FORM_LIMIT_BYTES }, (_request, body, done) => done(null, new URLSearchParams(String(body))));
    addForms(forms, auth, isTls);
    done();
  });
  app.get("/login.css", (_request, reply) => reply.type("text/css; charset=utf-8").send(LOGIN_STYLE));
  app.post("/api/ticket", (request, reply) => {
    const identity = identityOf(request);
    if (identity === undefined) return problem(reply, 401, "E_AUTH", "a token is needed");
    return reply.send({ ticket: auth.ticketFor(identity), expiresInMs: TICKET_MS, role: accessOf(request).role });
  });
}

function addForms(app: FastifyInstance, auth: Auth, isTls: boolean): void {
  app.get("/login", (request, reply) => {
    const identity = identityOf(request);
    return identity ? reply.redirect("/", 303) : html(reply, loginPage(""));
  });
  app.post("/login", async (request, reply) => {
    if (!auth.asks) return reply.redirect("/", 303);
    const token = request.body instanceof URLSearchParams ? (request.body.get("token") ?? "") : "";
    const verdict = await auth.verify(token.trim(), request.raw.socket.remoteAddress ?? "");
    if (verdict.kind === "in") return reply.header("set-cookie", cookieLine(request.raw, auth.remember(verdict.identity), isTls)).redirect("/", 303);
    if (verdict.kind === "wrong") return html(reply.code(401), loginPage("This token is wrong, or no longer there."));
    const seconds = secondsOf(verdict.retryAfterMs);
    return html(reply.code(429).header("retry-after", seconds), loginPage(`Too many wrong tokens came from this address. Try again in ${seconds} s.`));
  });
  app.get("/logout", (_request, reply) => html(reply, LOGOUT_PAGE));
  app.post("/logout", (request, reply) => {
    const cookie = cookieOf(request.raw);
    if (cookie !== "") auth.forget(cookie);
    const identity = identityOf(request);
    const next = identity && isEverybody(identity) ? "/" : "/login";
    return reply.header("set-cookie", cookieLine(request.raw, "", isTls)).redirect(next, 303);
  });
}

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-security-policy", LOGIN_POLICY).type("text/html; charset=utf-8").send(text);
}
