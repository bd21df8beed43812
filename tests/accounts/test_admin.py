"""People in the administration: who sets roles, and who cannot make themselves more than they are."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.factories import admin_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create(username="ada", password="!")


def of_administrator():
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def clerk():
    """Staff who keep accounts and are no administrators."""
    user = User.objects.create(username="clerk", is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = Client()
    client.force_login(user)
    return client


def test_staff_set_roles_and_administrators_make_staff(clerk, ada):
    assert admin_form.edit(clerk, ada, role="reviewer").role == "reviewer"
    changed = admin_form.edit(of_administrator(), ada, role="contributor", is_staff="on")
    assert (changed.role, changed.is_staff) == ("contributor", True)


def test_staff_give_nobody_rights_and_leave_administrators_alone(clerk, ada):
    boss = User.objects.create_superuser("another-boss")
    rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": "1", "groups": ""}
    changed = admin_form.edit(clerk, ada, **rights)
    assert (changed.is_staff, changed.is_superuser, changed.user_permissions.count()) == (False, False, 0)
    for who, is_refused in ((boss, True), (ada, False)):
        new = {"password1": "quite a new password", "password2": "quite a new password"}
        response = clerk.post(f"/admin/accounts/user/{who.pk}/password/", {**new, "usable_password": "true"})
        assert (response.status_code == 403) is is_refused
        who.refresh_from_db()
        assert who.check_password("quite a new password") is not is_refused
