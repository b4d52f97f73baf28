from typing import _Form

Number, Complex, Real = _Form("Number", int, float), _Form("Complex", int, float), _Form("Real", int, float)
Rational, Integral = _Form("Rational", int), _Form("Integral", int)
