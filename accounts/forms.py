"""The forms of signing up and in, where they differ from django-allauth's."""

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from django.conf import settings

from accounts.form_proof import ProvenForm


class SignInForm(LoginForm):
    """Name and password; whoever gave an address may sign in by it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or e-mail address" if settings.HAS_MAIL else "Username"
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "maxlength": "254"})
        self.fields["password"].help_text = ""


class SignUpForm(ProvenForm, SignupForm):
    """A new account, with the proof of `form_proof`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = "It stands beside all that you contribute, for everybody to see."
        if "email" in self.fields:
            self.fields["email"].help_text = "Nobody else sees it."
