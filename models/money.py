"""Money: whole minor units (cents) of one currency, so that no amount is ever lost in a fraction."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

# ISO 4217, table A.1: every currency in use by its number of decimals; what is not named here has two.
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)
DECIMALS = dict.fromkeys(_ZERO.split(), 0) | dict.fromkeys(_TWO.split(), 2) | dict.fromkeys(_THREE.split(), 3)


def exponent(currency: str) -> int:
    """How many decimals a currency has (ISO 4217): USD 2, JPY 0, KWD 3. ValueError for one that is not in use."""
    if currency not in DECIMALS:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency")
    return DECIMALS[currency]


def rounded(amount: Decimal | Fraction) -> int:
    """The nearest whole number; a half goes away from zero. The one place where money is rounded."""
    exact = Fraction(amount)
    nearest = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return nearest if exact >= 0 else -nearest


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `minor` whole units (4800 is US$48.00, 4800 yen is 4800) of an ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("money is counted in whole minor units")
        exponent(self.currency)

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> "Money":
        """Read an amount as people write it, in major units: "48", "48.50". ValueError when it has too many decimals."""
        if isinstance(amount, float):
            raise TypeError("a float is not an amount")
        minor = Decimal(amount).scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"{amount} has more decimals than {currency}")
        return cls(int(minor), currency)

    @classmethod
    def from_fact(cls, fact: dict[str, Any]) -> "Money":
        """The other way of `as_fact`."""
        return cls(fact["minor"], fact["currency"])

    def as_fact(self) -> dict[str, Any]:
        """The plain value that is kept and drawn: {"minor": 4800, "currency": "USD"}."""
        return {"minor": self.minor, "currency": self.currency}

    def major(self) -> str:
        """The amount in major units, with all its decimals and no sign of currency: "48.00"."""
        return str(Decimal(self.minor).scaleb(-exponent(self.currency)))

    def percent(self, percent: Decimal | int) -> "Money":
        """So many hundredths of this amount, rounded."""
        return Money(rounded(Fraction(percent) * self.minor / 100), self.currency)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        return not other < self

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum; nothing at all is zero of that currency."""
    return sum(amounts, Money(0, currency))
