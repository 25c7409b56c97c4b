"""The screens: Qt begins here."""
