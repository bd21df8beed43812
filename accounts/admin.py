"""People in the admin: their roles, and what to do for one who lost a phone or wants to be gone."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import erasure, second_factor
from accounts.models import User

_RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts. None is deleted: what it did would lose its name; erasing takes out all that is personal."""

    list_display = ("username", "role", "is_staff", "is_active", "date_joined", "erased_at")
    list_filter = ("role", "is_staff", "is_superuser", "is_active")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("In the catalogue", {"fields": ("role",)}))
    actions = ("erase", "remove_second_factor")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Whoever is no administrator gives nobody the rights of one, nor of staff."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if _is_administrator(request) else (*fields, *_RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Administrators are changed by administrators alone: whoever sets their password is one."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.is_superuser or _is_administrator(request))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody has."""
        return False

    @admin.action(description="Erase: take out all that is personal, for good", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Erase those that are chosen."""
        if not self._is_allowed(request):
            return
        for user in queryset:
            try:
                erasure.erase(user)
            except erasure.Refused as refused:
                self.message_user(request, f"{user}: {refused}", messages.ERROR)
            else:
                self.message_user(request, f"Account {user.pk} is erased.")

    @admin.action(description="Take the second factor away (a lost phone)", permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let those that are chosen set another one up."""
        if not self._is_allowed(request):
            return
        for user in queryset:
            second_factor.remove(user)
            self.message_user(request, f"{user} has no second factor now.")

    def _is_allowed(self, request: HttpRequest) -> bool:
        if not _is_administrator(request):
            self.message_user(request, "Only administrators do this.", messages.ERROR)
        return _is_administrator(request)


def _is_administrator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser
