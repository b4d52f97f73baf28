print("runs again")
1 / 0
