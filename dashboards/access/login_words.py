"""What the sign-in page says, in both languages."""

from __future__ import annotations

from citybrain.floor.text import Text

WRONG = Text("账号或密码不正确", "Name or password is not right")
BUSY = Text("登录人数较多，请稍后再试", "Many are signing in just now; try again in a moment")
STALE = Text("页面已过期，请再提交一次", "This page was out of date; please submit it again")
FOREIGN = Text("请求来自其他网站，已拒绝", "The request came from another site and was refused")
TOO_LONG = Text("提交的内容过长", "What was submitted is too long")
BAD_TOKEN = Text(
    "大屏令牌无效或已停用，请向管理员索取新的地址",
    "This wall's token is not valid (any more); ask an administrator for a new address",
)
OIDC_AWAY = Text(
    "统一身份认证暂时不可用，请稍后再试或使用账号密码登录",
    "The identity provider does not answer; try again later, or sign in with a password",
)
OIDC_REFUSED = Text(
    "统一身份认证未通过，请重新登录",
    "The identity provider did not confirm it; try again",
)
OIDC_NO_ROLE = Text(
    "您的账号在本系统没有角色，请联系管理员",
    "Your account has no role here; ask an administrator",
)
BAD_LINK = Text(
    "登录链接无效、已使用或已过期，请向管理员索取新的链接",
    "This link is not valid, or was used or ran out; ask an administrator for a new one",
)
BY_LINK = Text(
    "点击下面的按钮登录。该链接只能使用一次，登录后请勿转发。",
    "Press the button to sign in. The link works once; do not pass it on.",
)
NOTICE = Text(
    "本系统仅供授权人员使用，登录与操作均记入审计日志",
    "For authorised staff only. Sign-ins and actions are recorded in the audit log.",
)


def wait(seconds: int) -> Text:
    """Return how long to wait after too many attempts."""
    return Text(
        f"尝试次数过多，请 {seconds} 秒后再试", f"Too many attempts; try again in {seconds} s"
    )
